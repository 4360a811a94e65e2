// The ledger in SQLite: one row for each answer, and its sums by day, model and caller.
import type { Database, Statement } from "bun:sqlite";
import type { LedgerRow } from "../../core/ledger.ts";
import { guarded } from "../errors.ts";
import { linesOf, segmentsOf } from "./segments.ts";

const COLUMNS = `id, at, network, caller, route, model, backend, status, outcome, streamed, prompt_tokens,
  completion_tokens, token_source, first_token_ms, duration_ms, bytes_in, bytes_out`;

export class SqliteLedger {
  readonly #insert: Statement;

  constructor(db: Database, table = "ledger") {
    this.#insert = db.query(
      `INSERT OR IGNORE INTO ${table} (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** A row whose id is there already changes nothing. */
  insertNew(row: LedgerRow): void {
    this.#insert.run(
      row.id,
      row.at,
      row.network,
      row.caller,
      row.route,
      row.model,
      row.backend,
      row.status,
      row.outcome,
      row.streamed ? 1 : 0,
      row.promptTokens,
      row.completionTokens,
      row.tokenSource,
      row.firstTokenMs,
      row.durationMs,
      row.bytesIn,
      row.bytesOut,
    );
  }
}

/** The newest first; those of them that are imported already. */
export function newestRows(db: Database, count: number): LedgerRow[] {
  return db
    .query<StoredRow, [number]>(`SELECT ${COLUMNS} FROM ledger ORDER BY at DESC LIMIT ?`)
    .all(count)
    .map((row) => ({
      ...{ id: row.id, at: row.at, network: row.network, caller: row.caller, route: row.route, model: row.model },
      ...{ backend: row.backend, status: row.status, outcome: row.outcome, streamed: row.streamed === 1 },
      ...{ promptTokens: row.prompt_tokens, completionTokens: row.completion_tokens, tokenSource: row.token_source },
      ...{
        firstTokenMs: row.first_token_ms,
        durationMs: row.duration_ms,
        bytesIn: row.bytes_in,
        bytesOut: row.bytes_out,
      },
    }));
}

interface StoredRow extends Pick<LedgerRow, "id" | "at" | "network" | "caller" | "route" | "model" | "backend"> {
  readonly status: number;
  readonly outcome: LedgerRow["outcome"];
  readonly streamed: number;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly token_source: LedgerRow["tokenSource"];
  readonly first_token_ms: number | null;
  readonly duration_ms: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
}

/** What rows may be summed by; each is an SQL expression over a row. Days are UTC. */
export const LEDGER_KEYS = {
  day: "date(at / 1000, 'unixepoch')",
  model: "model",
  caller: "caller",
  network: "network",
  backend: "backend",
} as const;
export type LedgerKey = keyof typeof LEDGER_KEYS;

export function isLedgerKey(name: string): name is LedgerKey {
  return Object.hasOwn(LEDGER_KEYS, name);
}

export interface LedgerSum {
  /** One value for each key asked for, in that order. */
  readonly keys: readonly string[];
  readonly requests: number;
  readonly ok: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Answers whose tokens the model server did not report: what we counted, or nothing. */
  readonly unreported: number;
}

/**
 * Sums of the rows of [since, until), in milliseconds; newest day first.
 * @param from "ledger", or what `withJournal` gave
 */
export function sumLedger(
  db: Database,
  by: readonly LedgerKey[],
  since: number,
  until: number,
  from = "ledger",
): LedgerSum[] {
  const keys = by.map((key) => LEDGER_KEYS[key]);
  const columns = keys.map((expression, i) => `${expression} AS k${i}, `).join("");
  const groups =
    keys.length > 0 ? `GROUP BY ${keys.join(", ")} ORDER BY ${keys.map((_, i) => `k${i} DESC`).join(", ")}` : "";
  const sql = `SELECT ${columns} count(*) AS requests, sum(outcome = 'ok') AS ok,
      coalesce(sum(prompt_tokens), 0) AS promptTokens, coalesce(sum(completion_tokens), 0) AS completionTokens,
      sum(token_source <> 'backend') AS unreported
    FROM ${from} WHERE at >= ? AND at < ? ${groups}`;
  return guarded("reading the ledger", () =>
    db
      .query<Record<string, string | number>, [number, number]>(sql)
      .all(since, until)
      .map((row) => ({
        keys: by.map((_, i) => String(row[`k${i}`])),
        requests: Number(row.requests),
        ok: Number(row.ok ?? 0),
        promptTokens: Number(row.promptTokens),
        completionTokens: Number(row.completionTokens),
        unreported: Number(row.unreported ?? 0),
      })),
  );
}

/** What to sum to have the rows too that are still in the journal; the database may be open for reading only. */
export function withJournal(db: Database, home: string): string {
  return guarded("reading the ledger's journal", () => {
    db.run("CREATE TEMP TABLE pending AS SELECT * FROM ledger WHERE 0");
    db.run("CREATE UNIQUE INDEX temp.pending_id ON pending (id)");
    const pending = new SqliteLedger(db, "temp.pending");
    for (const segment of segmentsOf(home)) for (const row of linesOf(segment, 0).rows) pending.insertNew(row);
    return "(SELECT * FROM ledger UNION ALL SELECT * FROM temp.pending WHERE id NOT IN (SELECT id FROM ledger))";
  });
}
