// Which nonces were used: one INSERT decides, so two copies of a request can never both pass, nor pass after a crash.
import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Claim, ReplayGuard } from "../core/replay.ts";
import { guarded } from "./errors.ts";

export interface ReplayGuardOptions {
  readonly clock: Clock;
  /** How long a nonce is kept after its signed time; at least twice the accepted clock skew. */
  readonly keepMs: number;
  readonly maxPerScope: number;
}

const FLOOR = "nonce_floor";
/** Nonces deleted at once: a few milliseconds of work. */
const SLICE = 2000;

export class SqliteReplayGuard implements ReplayGuard {
  readonly #db: Database;
  readonly #options: ReplayGuardOptions;
  readonly #insert;
  readonly #deleteOldest;
  readonly #live = new Map<string, number>();
  /**
   * The newest signed time among the nonces already deleted. A request at or before it is refused, because whether its
   * nonce was used is no longer known: when the clock jumps back, what was deleted must not become fresh again.
   */
  #floor: number;

  constructor(db: Database, options: ReplayGuardOptions) {
    this.#db = db;
    this.#options = options;
    this.#insert = db.query<unknown, [string, string, number]>(
      "INSERT INTO nonces (scope, nonce, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#deleteOldest = db.query<{ scope: string; at: number }, [number, number]>(
      `DELETE FROM nonces WHERE (scope, nonce) IN
         (SELECT scope, nonce FROM nonces WHERE at <= ? ORDER BY at LIMIT ?) RETURNING scope, at`,
    );
    this.#floor = guarded("reading nonces", () => {
      this.#recount();
      const row = db.query<{ value: string }, [string]>("SELECT value FROM facts WHERE name = ?").get(FLOOR);
      return row ? Number(row.value) : Number.NEGATIVE_INFINITY;
    });
  }

  claim(scope: string, nonce: string, at: number): Claim {
    if (at <= this.#floor) return "outside-window";
    const live = this.#live.get(scope) ?? 0;
    if (live >= this.#options.maxPerScope) return "full";
    const { changes } = guarded("claiming a nonce", () => this.#insert.run(scope, nonce, at));
    if (changes === 0) return "replayed";
    this.#live.set(scope, live + 1);
    return "fresh";
  }

  /**
   * Deletes some of what has left every window, the oldest first; returns whether there may be more. In slices, since
   * nothing else runs meanwhile.
   */
  purge(): boolean {
    const cutoff = this.#options.clock.now() - this.#options.keepMs;
    return guarded("deleting old nonces", () => {
      const gone = this.#db.transaction(() => {
        const rows = this.#deleteOldest.all(cutoff, SLICE);
        const floor = rows.reduce((newest, { at }) => Math.max(newest, at), this.#floor);
        if (rows.length > 0)
          this.#db.query("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)").run(FLOOR, String(floor));
        return { rows, floor };
      })();
      this.#floor = gone.floor;
      for (const { scope } of gone.rows) this.#live.set(scope, (this.#live.get(scope) ?? 1) - 1);
      return gone.rows.length === SLICE;
    });
  }

  #recount(): void {
    this.#live.clear();
    const rows = this.#db.query<{ scope: string; live: number }, []>(
      "SELECT scope, count(*) AS live FROM nonces GROUP BY scope",
    );
    for (const { scope, live } of rows.all()) this.#live.set(scope, live);
  }
}
