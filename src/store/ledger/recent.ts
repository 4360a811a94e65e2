// What of the ledger says whether there is traffic: when the last request came, and how many in a while.
import type { Database } from "bun:sqlite";
import { REHEARSAL } from "../../core/auth.ts";
import { guarded } from "../errors.ts";

export interface Traffic {
  /** Wall clock, milliseconds; null: none is known. */
  readonly lastAt: number | null;
  /** The same of the last one that was answered well; null: none was in the while that is looked at. */
  readonly lastOkAt: number | null;
  readonly requests: number;
  /** Of them, those answered well. */
  readonly ok: number;
}

const NONE: Traffic = { lastAt: null, lastOkAt: null, requests: 0, ok: 0 };

/**
 * Of others: the node's own rehearsals are none.
 * @param since milliseconds; `lastAt` may be earlier @param from "ledger", or what `withJournal` gave
 */
export function trafficSince(db: Database, since: number, from = "ledger"): Traffic {
  return guarded("reading the ledger", () => {
    const sql = `SELECT max(at) AS lastAt, max(CASE outcome WHEN 'ok' THEN at END) AS lastOkAt, count(*) AS requests,
        coalesce(sum(outcome = 'ok'), 0) AS ok FROM ${from} WHERE at >= ?1 AND caller <> ?2`;
    const lately = db.query<Traffic, [number, string]>(sql).get(since, REHEARSAL) ?? NONE;
    // What is older is in no journal any more; from its end an index finds it at once.
    const before = "SELECT at FROM ledger WHERE caller <> ? ORDER BY at DESC LIMIT 1";
    const last = lately.lastAt ?? db.query<{ at: number }, [string]>(before).get(REHEARSAL)?.at ?? null;
    return { ...lately, lastAt: last };
  });
}
