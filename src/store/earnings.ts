// What networks have paid and what their transactions have cost, in SQLite: each movement once, sums exact to the last unit.
import type { Database } from "bun:sqlite";
import type { Earning, Earnings, GasBook } from "../core/earnings.ts";
import { guarded } from "./errors.ts";

export class SqliteEarnings implements Earnings, GasBook {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add({ at, network, job, model, kind, asset, amount, transaction }: Earning): void {
    guarded("writing earnings", () =>
      this.#db
        .query(
          `INSERT INTO earnings (network, "transaction", kind, asset, job, model, amount, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(network, transaction, kind, asset, job, model, amount.toString(), at),
    );
  }

  spent(network: string, attempts: readonly string[], now: Earning | undefined): void {
    const sql = `DELETE FROM earnings WHERE network = ? AND kind = 'gas' AND "transaction" = ?`;
    const step = this.#db.transaction(() => {
      for (const transaction of attempts) this.#db.query(sql).run(network, transaction);
      if (now) this.add(now);
    });
    guarded("writing earnings", () => step.immediate());
  }
}

export interface JobEarnings {
  /** In the smallest unit. */
  readonly reward: bigint;
  readonly gas: bigint;
  /** Of the reward; undefined: none was paid. */
  readonly transaction: string | undefined;
}

/** What each job of a network was paid and has cost, in one asset. */
export function earningsOfJobs(db: Database, network: string, asset: string): ReadonlyMap<string, JobEarnings> {
  return guarded("reading earnings", () => {
    const jobs = new Map<string, JobEarnings>();
    if (!db.query("SELECT 1 FROM sqlite_master WHERE name = 'earnings'").get()) return jobs;
    const rows = db.query<{ job: string; kind: string; amount: string; tx: string }, [string, string]>(
      `SELECT job, kind, amount, "transaction" AS tx FROM earnings WHERE network = ? AND asset = ?`,
    );
    for (const { job, kind, amount, tx } of rows.iterate(network, asset)) {
      const { reward, gas, transaction } = jobs.get(job) ?? { reward: 0n, gas: 0n, transaction: undefined };
      const more = BigInt(amount);
      jobs.set(
        job,
        kind === "reward" ? { reward: reward + more, gas, transaction: tx } : { reward, gas: gas + more, transaction },
      );
    }
    return jobs;
  });
}

export interface EarningTotal {
  readonly network: string;
  readonly asset: string;
  readonly kind: "reward" | "gas";
  /** In whole units, as exact as a number is. */
  readonly amount: number;
}

/** All that there ever was. SQL sums it: a chart needs no last digit, and is drawn anew each few seconds. */
export function earningTotals(db: Database): EarningTotal[] {
  return guarded("reading earnings", () =>
    db
      .query<EarningTotal, []>(
        `SELECT network, asset, kind, SUM(CAST(amount AS REAL)) / 1e18 AS amount FROM earnings GROUP BY network, asset, kind`,
      )
      .all(),
  );
}

export const EARNING_KEYS = ["network", "model", "day"] as const;
export type EarningKey = (typeof EARNING_KEYS)[number];

export function isEarningKey(name: string): name is EarningKey {
  return EARNING_KEYS.some((key) => key === name);
}

export interface EarningSum {
  /** One value for each key asked for, in that order. */
  readonly keys: readonly string[];
  readonly asset: string;
  /** In the smallest unit. */
  readonly reward: bigint;
  readonly gas: bigint;
}

interface Row extends Readonly<Record<EarningKey, string>> {
  readonly kind: string;
  readonly asset: string;
  readonly amount: string;
}

/** From `since` on, in milliseconds; days are UTC. In the order of the keys' names, the latest day first. */
export function sumEarnings(db: Database, by: readonly EarningKey[], since: number): EarningSum[] {
  return guarded("reading earnings", () => {
    // A node from before there were any has not been started since.
    if (!db.query("SELECT 1 FROM sqlite_master WHERE name = 'earnings'").get()) return [];
    const rows = db.query<Row, [number]>(
      `SELECT network, model, date(at / 1000, 'unixepoch') AS day, kind, asset, amount FROM earnings
         WHERE at >= ? ORDER BY day DESC, network, model, asset`,
    );
    const sums = new Map<string, EarningSum>();
    // Not by SQL: its integers end at 9.2 ether.
    for (const row of rows.iterate(since)) {
      const keys = by.map((key) => row[key]);
      const id = JSON.stringify([...keys, row.asset]);
      const sum = sums.get(id) ?? { keys, asset: row.asset, reward: 0n, gas: 0n };
      const amount = BigInt(row.amount);
      const change = row.kind === "gas" ? { gas: sum.gas + amount } : { reward: sum.reward + amount };
      sums.set(id, { ...sum, ...change });
    }
    return [...sums.values()].sort((a, b) => orderOf(by, a, b));
  });
}

function orderOf(by: readonly EarningKey[], a: EarningSum, b: EarningSum): number {
  for (const [i, key] of by.entries()) {
    const order = compare(a.keys[i] ?? "", b.keys[i] ?? "");
    if (order !== 0) return key === "day" ? -order : order;
  }
  return compare(a.asset, b.asset);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** To be summed by `sumLedger`: only the rows of networks that pay. @param from what it would sum otherwise */
export function ofPayingNetworks(from: string): string {
  return `(SELECT * FROM ${from} WHERE network IN (SELECT network FROM earnings))`;
}
