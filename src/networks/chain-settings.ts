// The settings of networks that settle on a chain: where it is, and what may be spent there.
import { z } from "zod";
import { list } from "../config/field.ts";
import { ether, gwei, integer } from "../config/fields.ts";
import { rpcUrl } from "../config/net-fields.ts";
import type { ChainUse } from "./ports.ts";

/** For a network's own z.strictObject. */
export const chainShape = {
  rpcUrls: list(rpcUrl, "a list of URLs")
    .prefault([])
    .describe("RPCs of the chain; the next one is asked when one fails. Without any, nothing is done on chain."),
  chainId: integer(1).prefault(421_614).describe("The chain; an RPC on another one is not used."),
  gasPerDay: ether.prefault("0.05").describe("Most ETH that this network's transactions may cost in 24 hours."),
  maxFeePerGas: gwei
    .optional()
    .describe("Most gwei for each gas; dearer, and nothing is sent. Default: only gasPerDay is a bound."),
  confirmations: integer(1, 1000)
    .prefault(1)
    .describe("Blocks until a transaction counts as done, its own among them."),
};

const chainSettings = z.object(chainShape);
type ChainSettings = z.output<typeof chainSettings>;

export function chainUse({ rpcUrls, chainId, gasPerDay, maxFeePerGas, confirmations }: ChainSettings): ChainUse {
  return { rpcUrls, chainId, gasPerDay, confirmations, ...(maxFeePerGas !== undefined && { maxFeePerGas }) };
}
