// Used nonces in Postgres, in the reference's table: the insert itself decides, so that nodes with one key see each other's.
import type { SQL } from "bun";
import type { Clock } from "../../../core/clock.ts";
import type { Claim, ReplayGuard } from "../../../core/replay.ts";
import { storeUnavailable } from "../../../store/errors.ts";
import { WINDOW_MS } from "./claim.ts";
import { nonceKey } from "./key.ts";

const TIMEOUT_MS = 2000;
const CONNECTIONS = 4;
const SWEEP_MS = 60_000;
/** By the server's clock, and with room for nodes whose clocks differ: who deletes early lets a replay in. */
const KEEP_MS = 3 * WINDOW_MS;

/** Of two that make a table at once one fails, "if not exists" or not: they make it one after the other. */
const TABLE = `SELECT pg_advisory_xact_lock(7205759403792793); CREATE TABLE IF NOT EXISTS node_nonce_store
  (nonce text PRIMARY KEY, ts bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())`;
/** The reference wrote the nonce alone; what it has seen is used here, too. */
const CLAIM = `INSERT INTO node_nonce_store (nonce, ts)
  SELECT $1::text, $2::bigint WHERE NOT EXISTS (SELECT 1 FROM node_nonce_store WHERE nonce = $3)
  ON CONFLICT DO NOTHING RETURNING nonce`;
const SWEEP = `DELETE FROM node_nonce_store WHERE ts < (extract(epoch FROM clock_timestamp()) * 1000)::bigint - $1::bigint`;

export class PostgresNonces implements ReplayGuard {
  readonly #url: string;
  readonly #clock: Clock;
  #sql: SQL | undefined;
  #table: Promise<unknown> | undefined;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  async claim(scope: string, nonce: string, at: number): Promise<Claim> {
    try {
      const sql = await this.#ready();
      const key = nonceKey(scope, nonce);
      // A nonce that no table holds was never written by the reference.
      const plain = nonce.includes("\0") ? key : nonce;
      const rows: unknown[] = await this.#inTime(sql.unsafe(CLAIM, [key, at, plain]));
      this.#sweep(sql);
      return rows.length === 1 ? "fresh" : "replayed";
    } catch (cause) {
      throw storeUnavailable("claiming a nonce", cause);
    }
  }

  close(): void {
    void this.#sql?.close({ timeout: 0 });
  }

  async #ready(): Promise<SQL> {
    this.#sql ??= new Bun.SQL(this.#url, {
      max: CONNECTIONS,
      connectionTimeout: Math.ceil(TIMEOUT_MS / 1000),
      connection: { statement_timeout: String(TIMEOUT_MS), application_name: "fxn" },
    });
    this.#table ??= this.#inTime(this.#sql.unsafe(TABLE));
    try {
      await this.#table;
    } catch (error) {
      this.#table = undefined;
      throw error;
    }
    return this.#sql;
  }

  #sweep(sql: SQL): void {
    const now = this.#clock.monotonic();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    // Left for another time when it fails: what is kept too long harms nobody.
    sql.unsafe(SWEEP, [KEEP_MS]).catch(() => {});
  }

  /** A server that is gone without a word must not keep a caller waiting. */
  #inTime<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(TIMEOUT_MS, () => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)));
      Promise.resolve(work).then(resolve, reject).finally(cancel);
    });
  }
}
