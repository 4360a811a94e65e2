// The ledger in Postgres; an id that is there already is left as it is.
import { z } from "zod";
import type { LedgerRow } from "../../core/ledger.ts";
import type { LedgerKey, LedgerSum } from "../ledger/table.ts";
import type { Link } from "../shared/link.ts";
import type { RowStore } from "../shared/store.ts";
import type { PostgresConnection } from "./connection.ts";

const PUT = `INSERT INTO fxn_ledger
  SELECT id, at, network, caller, route, model, backend, status, outcome, streamed, "promptTokens", "completionTokens",
    "tokenSource", "firstTokenMs", "durationMs", "bytesIn", "bytesOut"
  FROM json_to_recordset($1::text::json) AS r(id text, at bigint, network text, caller text, route text, model text,
    backend text, status integer, outcome text, streamed boolean, "promptTokens" bigint, "completionTokens" bigint,
    "tokenSource" text, "firstTokenMs" double precision, "durationMs" double precision, "bytesIn" bigint,
    "bytesOut" bigint)
  ON CONFLICT DO NOTHING`;

/** In the order of bytes, as SQLite sorts; days are UTC. */
const KEYS: Readonly<Record<LedgerKey, string>> = {
  day: `to_char(to_timestamp(at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE "C"`,
  model: `model COLLATE "C"`,
  caller: `caller COLLATE "C"`,
  network: `network COLLATE "C"`,
  backend: `backend COLLATE "C"`,
};

/** Postgres gives its 64-bit integers as text. */
const number = z.coerce.number();
const sums = z.object({
  keys: z.array(z.string()),
  requests: number,
  ok: number,
  promptTokens: number,
  completionTokens: number,
  unreported: number,
});

export class PostgresRows implements RowStore {
  readonly #link: Link<PostgresConnection>;

  constructor(link: Link<PostgresConnection>) {
    this.#link = link;
  }

  async put(rows: readonly LedgerRow[]): Promise<void> {
    await this.#link.ask("writing the ledger", (postgres) => postgres.rows(PUT, z.unknown(), [JSON.stringify(rows)]));
  }

  sums(by: readonly LedgerKey[], since: number, until: number): Promise<LedgerSum[]> {
    const keys = by.map((key) => KEYS[key]);
    const grouped = keys.length > 0 ? `GROUP BY ${keys.join(", ")} ORDER BY ${keys.join(" DESC, ")} DESC` : "";
    const text = `SELECT to_json(ARRAY[${keys.join(", ")}]::text[]) AS keys, count(*) AS requests,
        count(*) FILTER (WHERE outcome = 'ok') AS ok,
        coalesce(sum(prompt_tokens), 0) AS "promptTokens", coalesce(sum(completion_tokens), 0) AS "completionTokens",
        count(*) FILTER (WHERE token_source <> 'backend') AS unreported
      FROM fxn_ledger WHERE at >= $1 AND at < $2 ${grouped}`;
    return this.#link.ask("reading the ledger", (postgres) => postgres.rows(text, sums, [since, until]));
  }
}
