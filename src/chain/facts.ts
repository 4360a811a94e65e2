// What one RPC knows of transactions that are on their way: who has been mined, and how far the account's nonces have come.
import { getTransactionCount } from "viem/actions";
import type { Address } from "../core/address.ts";
import type { Mined, StoredTransaction } from "../core/transactions.ts";
import type { ChainView } from "./chain.ts";
import { minedAt } from "./receipt.ts";

export interface Facts {
  readonly block: bigint;
  /** The account's next nonce in that block, then some blocks before, and with what waits in the pool. */
  readonly next: number;
  readonly nextBefore: number;
  readonly nextPending: number;
  readonly mined: ReadonlyMap<number, Mined>;
}

/** @param settledAfter blocks */
export async function factsOf(
  view: ChainView,
  open: readonly StoredTransaction[],
  { address, settledAfter }: { readonly address: Address; readonly settledAfter: number },
): Promise<Facts> {
  const { client, block } = view;
  const next = await getTransactionCount(client, { address, blockNumber: block });
  const mined = new Map<number, Mined>();
  for (const one of open) {
    if (one.nonce >= next && !one.mined) continue;
    const found = await findMined(view, one, address);
    if (found) mined.set(one.id, found);
  }
  const before = block - BigInt(settledAfter);
  const unknown = open.some(({ id, nonce, state }) => state === "sent" && nonce < next && !mined.has(id));
  const nextBefore = unknown && before >= 0n ? await getTransactionCount(client, { address, blockNumber: before }) : 0;
  const ahead = open.every(({ state, nonce }) => state !== "sent" || nonce > next);
  const nextPending = ahead ? await getTransactionCount(client, { address, blockTag: "pending" }) : next;
  return { block, next, nextBefore, nextPending, mined };
}

/** Whichever attempt was mined counts. */
export async function findMined(view: ChainView, one: StoredTransaction, address: Address): Promise<Mined | undefined> {
  for (const attempt of one.attempts.toReversed()) {
    const found = await minedAt(view, attempt, one, address);
    if (found) return found;
  }
  return undefined;
}
