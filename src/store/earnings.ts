// What networks have paid and what their transactions have cost, in SQLite: each movement once, sums exact to the last unit.
import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Earning, Earnings, GasBook } from "../core/earnings.ts";
import { guarded } from "./errors.ts";
import { inTurn } from "./in-turn.ts";

export class SqliteEarnings implements Earnings, GasBook {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  add(earning: Earning): Promise<void> {
    return inTurn("writing earnings", () => this.#insert(earning), this.#clock);
  }

  spent(network: string, attempts: readonly string[], now: Earning | undefined): Promise<void> {
    const sql = `DELETE FROM earnings WHERE network = ? AND kind = 'gas' AND "transaction" = ?`;
    const step = this.#db.transaction(() => {
      for (const transaction of attempts) this.#db.query(sql).run(network, transaction);
      if (now) this.#insert(now);
    });
    return inTurn("writing earnings", () => step.immediate(), this.#clock);
  }

  #insert({ at, network, job, model, kind, asset, amount, transaction }: Earning): void {
    this.#db
      .query(
        `INSERT INTO earnings (network, "transaction", kind, asset, job, model, amount, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(network, transaction, kind, asset, job, model, amount.toString(), at);
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

export const EARNING_KEYS = ["network", "model", "day", "backend"] as const;
export type EarningKey = (typeof EARNING_KEYS)[number];

export interface EarningSum {
  /** One value for each key asked for, in that order. */
  readonly keys: readonly string[];
  readonly asset: string;
  /** In the smallest unit. */
  readonly reward: bigint;
  readonly gas: bigint;
}

interface Row extends Readonly<Record<Exclude<EarningKey, "backend">, string>> {
  readonly job: string;
  readonly kind: string;
  readonly asset: string;
  readonly amount: string;
}

/**
 * From `since` on, in milliseconds; days are UTC. In the order of the keys' names, the latest day first.
 * @param ledger by what the model server of a job is known: "ledger", or what `withJournal` gave; undefined: it is not
 */
export function sumEarnings(db: Database, by: readonly EarningKey[], since: number, ledger?: string): EarningSum[] {
  return guarded("reading earnings", () => {
    // A node from before there were any has not been started since.
    if (!db.query("SELECT 1 FROM sqlite_master WHERE name = 'earnings'").get()) return [];
    const backendOf = by.includes("backend") && ledger !== undefined ? backendsOfJobs(db, ledger) : () => "";
    const rows = db.query<Row, [number]>(
      `SELECT network, model, date(at / 1000, 'unixepoch') AS day, job, kind, asset, amount FROM earnings
         WHERE at >= ? ORDER BY day DESC, network, model, asset`,
    );
    const sums = new Map<string, EarningSum>();
    // Not by SQL: its integers end at 9.2 ether.
    for (const row of rows.iterate(since)) {
      const keys = by.map((key) => (key === "backend" ? backendOf(row.network, row.job) : row[key]));
      addTo(sums, { keys, asset: row.asset, ...amountsOf(row) });
    }
    return [...sums.values()].sort((a, b) => orderOf(by, a, b));
  });
}

function amountsOf({ kind, amount }: Row): { reward: bigint; gas: bigint } {
  return kind === "gas" ? { reward: 0n, gas: BigInt(amount) } : { reward: BigInt(amount), gas: 0n };
}

/** @param sums by keys and asset */
export function addTo(sums: Map<string, EarningSum>, one: EarningSum): void {
  const id = JSON.stringify([...one.keys, one.asset]);
  const { reward, gas } = sums.get(id) ?? { reward: 0n, gas: 0n };
  sums.set(id, { ...one, reward: reward + one.reward, gas: gas + one.gas });
}

/**
 * Which model server answered for a job of a network that pays, by the ledger; "" where that is not known, or no model server
 * did. An answer for a job has the job's id, perhaps with a word before it ("abc-<job>").
 */
function backendsOfJobs(db: Database, ledger: string): (network: string, job: string) => string {
  const rows = db.query<{ id: string; network: string; backend: string }, []>(
    `SELECT id, network, backend FROM ${ofPayingNetworks(ledger)} WHERE outcome = 'ok'`,
  );
  const found = new Map<string, string>();
  for (const { id, network, backend } of rows.iterate()) found.set(JSON.stringify([network, jobOf(id)]), backend);
  return (network, job) => (job === "" ? "" : (found.get(JSON.stringify([network, job])) ?? ""));
}

function jobOf(id: string): string {
  return id.replace(/^[a-z]+-/, "");
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
