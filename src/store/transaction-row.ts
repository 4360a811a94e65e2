// A transaction's row in SQLite and back: whole wei are text there, since they are larger than its integers.
import { z } from "zod";
import { type Address, type Hex, parseAddress } from "../core/address.ts";
import type { Attempt, Mined, StoredTransaction } from "../core/transactions.ts";

const wei = z.string().regex(/^\d+$/).transform(BigInt);
const hex = z.custom<Hex>((text) => typeof text === "string" && /^0x[0-9a-f]*$/i.test(text));
const address = z.custom<Address>((text) => typeof text === "string" && parseAddress(text) === text);
const logs = z.array(z.object({ address, topics: z.array(hex), data: hex }));

export const TransactionRow = z.object({
  id: z.number(),
  nonce: z.number(),
  key: z.string(),
  network: z.string(),
  job: z.string(),
  model: z.string(),
  recipient: address,
  data: hex,
  value: wei,
  gas: wei,
  state: z.enum(["sent", "mined", "failed", "replaced"]),
  settled: z.number(),
  hash: hex.nullable(),
  block: z.number().nullable(),
  block_hash: hex.nullable(),
  cost: wei.nullable(),
  logs: z.string().nullable(),
  at: z.number(),
});
type TransactionRow = z.output<typeof TransactionRow>;

export const AttemptRow = z.object({ hash: hex, raw: hex, max_fee: wei, priority_fee: wei, at: z.number() });
type AttemptRow = z.output<typeof AttemptRow>;

export function storedOf(row: TransactionRow, attempts: readonly AttemptRow[]): StoredTransaction {
  const { id, nonce, key, network, job, model, recipient, data, value, gas, state, settled } = row;
  return {
    ...{ id, nonce, key, network, job, model, to: recipient, data, value, gas, state },
    settled: settled === 1,
    attempts: attempts.map(({ hash, raw, max_fee, priority_fee }) => ({
      ...{ hash, raw, maxFee: max_fee, priorityFee: priority_fee },
    })),
    mined: minedOf(row),
    signedAt: attempts.at(-1)?.at ?? row.at,
  };
}

function minedOf({ state, hash, block, block_hash, cost, logs: text }: TransactionRow): Mined | undefined {
  if (hash === null || block === null || block_hash === null || cost === null) return undefined;
  const entries = logs.parse(JSON.parse(text ?? "[]"));
  return { hash, block: BigInt(block), blockHash: block_hash, success: state === "mined", cost, logs: entries };
}

/** state, hash, block, block_hash, cost, logs. */
export function minedColumns({ success, hash, block, blockHash, cost, logs }: Mined): (string | number)[] {
  return [success ? "mined" : "failed", hash, Number(block), blockHash, String(cost), JSON.stringify(logs)];
}

/** What it has cost, or the most that it may. */
export function costOf({ mined, gas, attempts }: StoredTransaction): bigint {
  const highest = attempts.reduce((most: bigint, { maxFee }: Attempt) => (maxFee > most ? maxFee : most), 0n);
  return mined ? mined.cost : gas * highest;
}
