// A read of one of Blindference's contracts: one that is not there is told from one that says no.
import { BaseError, ContractFunctionZeroDataError } from "viem";
import type { Chain, ChainView } from "../../../chain/chain.ts";
import { RpcError, within } from "../../../chain/rpc-errors.ts";
import { type Address, type Hex, parseAddress } from "../../../core/address.ts";
import { BlindferenceError } from "../errors.ts";
import { CHAIN_ID, NOBODY } from "./addresses.ts";

/** Without a key. */
export type ChainReads = Pick<Chain, "read">;

export function addressFrom(hex: Hex): Address {
  return parseAddress(hex) ?? NOBODY;
}

export function read<T>(
  chain: ChainReads,
  name: string,
  address: Address,
  work: (view: ChainView) => Promise<T>,
): Promise<T> {
  return chain.read(async (view) => {
    if (view.chainId !== CHAIN_ID) {
      throw new BlindferenceError("blindference_chain", `the RPC is on chain ${view.chainId}, not ${CHAIN_ID}`, {
        hint: "Set networks.blindference.rpcUrls to RPCs of Arbitrum Sepolia.",
      });
    }
    try {
      return await work(view);
    } catch (error) {
      if (!isNothing(error)) throw error;
      throw new BlindferenceError("blindference_chain", `there is no ${name} at ${address} on chain ${CHAIN_ID}`, {
        hint: "Is the RPC on the right chain, and the address the right one?",
      });
    }
  });
}

/** What the contract says; undefined: it has no such function. */
export async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNothing(error) || within(error, RpcError)?.code === "rpc_reverted") return undefined;
    throw error;
  }
}

function isNothing(error: unknown): boolean {
  return error instanceof BaseError && error.walk((one) => one instanceof ContractFunctionZeroDataError) !== null;
}
