// Tables and functions in Postgres; several nodes may bring them up to date at once.
import type { SQL } from "bun";
import { z } from "zod";
import { StoreError } from "../errors.ts";
import { TAKE_FUNCTIONS } from "./limits.ts";
import { CLAIM_FUNCTIONS } from "./nonces.ts";

/** Step n takes the tables from version n to n + 1; a step that was released is never changed. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE fxn_scopes (scope text COLLATE "C" PRIMARY KEY, live bigint NOT NULL);
   CREATE TABLE fxn_nonces (scope text COLLATE "C" NOT NULL, nonce text COLLATE "C" NOT NULL, at bigint NOT NULL,
     PRIMARY KEY (scope, nonce));
   CREATE INDEX fxn_nonces_at ON fxn_nonces (at);
   CREATE TABLE fxn_state (floor bigint NOT NULL, run timestamptz NOT NULL);
   INSERT INTO fxn_state VALUES (extract(epoch FROM clock_timestamp()) * 1000, pg_postmaster_start_time());
   CREATE UNLOGGED TABLE fxn_buckets (caller text COLLATE "C" PRIMARY KEY, requests_full bigint NOT NULL,
     tokens_full bigint NOT NULL);
   CREATE UNLOGGED TABLE fxn_places (caller text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL,
     until timestamptz NOT NULL, PRIMARY KEY (caller, place));
   CREATE TABLE fxn_ledger (
     id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL, network text NOT NULL, caller text NOT NULL,
     route text NOT NULL, model text NOT NULL, backend text NOT NULL, status integer NOT NULL, outcome text NOT NULL,
     streamed boolean NOT NULL, prompt_tokens bigint, completion_tokens bigint, token_source text NOT NULL,
     first_token_ms double precision, duration_ms double precision NOT NULL, bytes_in bigint NOT NULL,
     bytes_out bigint NOT NULL);
   CREATE INDEX fxn_ledger_at ON fxn_ledger (at);`,
  // Stood in the first step, in a form that took a caller's rows for ones that stay.
  `${CLAIM_FUNCTIONS}
   ${TAKE_FUNCTIONS}`,
];

const version = z.array(z.object({ version: z.number() }));

/** @param named puts the prefix into a statement's names. Throws StoreError store_too_new. */
export async function migrate(sql: SQL, named: (text: string) => string): Promise<void> {
  await sql.begin(async (step) => {
    // One at a time; the lock ends with the transaction.
    await step.unsafe("SELECT pg_advisory_xact_lock(hashtext($1))", [named("fxn_version")]);
    await step.unsafe("SET LOCAL client_min_messages = warning");
    await step.unsafe(named("CREATE TABLE IF NOT EXISTS fxn_version (version integer NOT NULL)"));
    const [row] = version.parse([...(await step.unsafe(named("SELECT version FROM fxn_version")))]);
    const found = row?.version ?? 0;
    if (found === MIGRATIONS.length) return;
    if (found > MIGRATIONS.length) {
      throw new StoreError("store_too_new", 500, `its tables were written by a newer fxn (version ${found})`);
    }
    for (const text of MIGRATIONS.slice(found)) await step.unsafe(named(text));
    await step.unsafe(named("DELETE FROM fxn_version"));
    await step.unsafe(named("INSERT INTO fxn_version VALUES ($1)"), [MIGRATIONS.length]);
  });
}
