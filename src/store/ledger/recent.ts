// What of the ledger says whether there is traffic: when the last request came, and how many in a while.
import type { Database } from "bun:sqlite";
import { REHEARSAL } from "../../core/auth.ts";
import { guarded } from "../errors.ts";

export interface Traffic {
  /** Wall clock, milliseconds; null: none is known. */
  readonly lastAt: number | null;
  readonly requests: number;
  /** Of them, those answered well. */
  readonly ok: number;
}

/**
 * Of others: the node's own rehearsals are none.
 * @param since milliseconds; `lastAt` may be earlier @param from "ledger", or what `withJournal` gave
 */
export function trafficSince(db: Database, since: number, from = "ledger"): Traffic {
  return guarded("reading the ledger", () => {
    const sql = `SELECT max(at) AS lastAt, coalesce(sum(at >= ?1), 0) AS requests,
        coalesce(sum(at >= ?1 AND outcome = 'ok'), 0) AS ok FROM ${from} WHERE caller <> ?2`;
    return db.query<Traffic, [number, string]>(sql).get(since, REHEARSAL) ?? { lastAt: null, requests: 0, ok: 0 };
  });
}
