// The newest rows of the ledger, those among them that are still in the journal.
import type { Database } from "bun:sqlite";
import type { LedgerRow } from "../../core/ledger.ts";
import { guarded } from "../errors.ts";
import { linesOf, type SegmentFile, segmentsOf, sizeOf } from "./segments.ts";
import { newestRows } from "./table.ts";

/** Of each segment's end: more than fifty rows. What is further back is in the table soon, and not new. */
const TAIL_BYTES = 32 * 1024;
/** One for each process that writes, and those of a few that have ended. */
const MOST_SEGMENTS = 64;

/** The newest first; reads little, however long the ledger is. Throws StoreError. */
export function newestInLedger(db: Database, home: string, count: number): LedgerRow[] {
  return guarded("reading the ledger", () => {
    const rows = new Map(newestRows(db, count).map((row) => [row.id, row]));
    for (const segment of segmentsOf(home).slice(-MOST_SEGMENTS)) {
      for (const row of lastRows(segment)) rows.set(row.id, row);
    }
    return [...rows.values()].sort((a, b) => b.at - a.at).slice(0, count);
  });
}

/** It begins inside of a line, which is no row. */
function lastRows(segment: SegmentFile): readonly LedgerRow[] {
  return linesOf(segment, Math.max(0, sizeOf(segment) - TAIL_BYTES)).rows;
}
