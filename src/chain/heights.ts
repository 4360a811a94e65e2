// How far the chain is, as several RPCs say: one that is far ahead of all others has to show that there was time for it.
import { getBlock } from "viem/actions";
import type { ChainView } from "./chain.ts";

/** Blocks by which RPCs may be apart, and nothing is asked because of it. */
export const APART = 256n;
/** Blocks in a second, of the quickest chains. */
const MOST_PER_SECOND = 20n;
/** By which the clocks of a chain and of this machine may be apart. */
const SKEW_S = 120n;

/**
 * A number that is too high would make honest RPCs count as late, and what was mined a moment ago as final. What the others
 * have not reached is believed as far as the claimed block's own header is there, not of the future, and leaves the time
 * for so many blocks since theirs. An RPC that has stopped long ago thus puts none in the wrong that goes on.
 * @param others asked just now @param now wall clock, milliseconds
 */
export async function isBelievable(claim: ChainView, others: readonly ChainView[], now: number): Promise<boolean> {
  const best = others.toSorted((a, b) => Number(b.block - a.block))[0];
  if (!best || claim.block <= best.block + APART) return true;
  const [at, theirs] = await Promise.all([timeOf(claim), timeOf(best)]);
  if (theirs === undefined) return true;
  const today = BigInt(Math.floor(now / 1000));
  // Chains for tests have clocks of their own.
  const latest = (today > theirs ? today : theirs) + SKEW_S;
  if (at === undefined || at > latest || at < theirs) return false;
  return claim.block - best.block <= APART + MOST_PER_SECOND * (at - theirs);
}

/** Seconds; undefined: it does not have the block that it names. */
async function timeOf({ client, block }: ChainView): Promise<bigint | undefined> {
  const found = await getBlock(client, { blockNumber: block }).catch(() => undefined);
  return found?.number === block ? found.timestamp : undefined;
}
