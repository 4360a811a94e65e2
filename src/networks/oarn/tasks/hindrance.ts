// What keeps the node from claiming anything at all: no place for results, or no ETH for gas.
import { getBalance } from "viem/actions";
import type { Chain } from "../../../chain/chain.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import { clean } from "../../../lib/clean.ts";
import { type OarnSettings, placesOf } from "../settings.ts";

/** A result that nobody can be given is not paid for: so it is asked before each look at tasks. */
export async function hindranceOf(
  settings: Pick<OarnSettings, "storage">,
  ipfs: Pick<Ipfs, "canStore">,
  chain: Pick<Chain, "read" | "account">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!placesOf(settings)) return "there is no IPFS API or upload to store results at";
  try {
    await ipfs.canStore(signal);
  } catch (error) {
    signal.throwIfAborted();
    return `results could not be stored: ${clean(messageOf(error), 200)}`;
  }
  const address = chain.account;
  const balance = await chain.read((view) => getBalance(view.client, { address, blockNumber: view.block }));
  return balance === 0n ? `${address} has no ETH for gas` : undefined;
}
