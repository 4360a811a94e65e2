// The one SQLite file under the node's home: opened, brought to the current schema, closed.
import { Database } from "bun:sqlite";
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { guarded, StoreError } from "./errors.ts";

export const DATABASE_FILE = "fxn.db";

/** Step n takes a database from version n to n + 1; a step that was released is never changed. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE nonces (scope TEXT NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (scope, nonce)) WITHOUT ROWID;
   CREATE INDEX nonces_at ON nonces (at);
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE snapshots (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, block TEXT NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE ledger (
     id TEXT PRIMARY KEY, at INTEGER NOT NULL, network TEXT NOT NULL, caller TEXT NOT NULL, route TEXT NOT NULL,
     model TEXT NOT NULL, backend TEXT NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL, streamed INTEGER NOT NULL,
     prompt_tokens INTEGER, completion_tokens INTEGER, token_source TEXT NOT NULL, first_token_ms REAL,
     duration_ms REAL NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX ledger_at ON ledger (at);`,
  // Nonces have files of their own now (src/store/nonces); who opens the database takes over what is here first.
  `DROP TABLE nonces;
   DELETE FROM facts WHERE name = 'nonce_floor';`,
  `CREATE TABLE network_state (
     network TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,
     UNIQUE (network, kind, key));`,
  // A chain may be asked twice and is told once: what moved in a transaction is one row.
  `CREATE TABLE earnings (
     network TEXT NOT NULL, "transaction" TEXT NOT NULL, kind TEXT NOT NULL, asset TEXT NOT NULL, job TEXT NOT NULL,
     model TEXT NOT NULL, amount TEXT NOT NULL, at INTEGER NOT NULL,
     PRIMARY KEY (network, "transaction", kind, asset, job)) WITHOUT ROWID;
   CREATE INDEX earnings_at ON earnings (at);`,
  // A nonce and a key are one transaction's, but for those whose nonce another wallet has used.
  `CREATE TABLE transactions (
     id INTEGER PRIMARY KEY, chain INTEGER NOT NULL, account TEXT NOT NULL, nonce INTEGER NOT NULL, key TEXT NOT NULL,
     network TEXT NOT NULL, job TEXT NOT NULL, model TEXT NOT NULL, recipient TEXT NOT NULL, data TEXT NOT NULL,
     value TEXT NOT NULL, gas TEXT NOT NULL, state TEXT NOT NULL, settled INTEGER NOT NULL, at INTEGER NOT NULL,
     hash TEXT, block INTEGER, block_hash TEXT, cost TEXT, logs TEXT);
   CREATE UNIQUE INDEX transactions_nonce ON transactions (chain, account, nonce) WHERE state <> 'replaced';
   CREATE UNIQUE INDEX transactions_key ON transactions (chain, account, key) WHERE state <> 'replaced';
   CREATE INDEX transactions_open ON transactions (chain, account) WHERE settled = 0;
   CREATE INDEX transactions_spent ON transactions (chain, account, network, at);
   CREATE TABLE transaction_attempts (
     id INTEGER NOT NULL, attempt INTEGER NOT NULL, hash TEXT NOT NULL, raw TEXT NOT NULL, max_fee TEXT NOT NULL,
     priority_fee TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (id, attempt)) WITHOUT ROWID;`,
];
/** The last version that has nonces. */
const VERSION_WITH_NONCES = 1;

/** Gets the nonces of a database from before they had files of their own. */
export interface FormerNonces {
  claim(scope: string, nonce: string, at: number): unknown;
  /** What was signed at or before this had been forgotten already. */
  refuseUpTo(at: number): void;
}

/** Opens or creates `<home>/fxn.db`, mode 0600. */
export function openDatabase(home: string, nonces: FormerNonces): Database {
  const file = join(home, DATABASE_FILE);
  return guarded("opening fxn.db", () => {
    if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    const db = new Database(file, { strict: true });
    // Who reads first after a crash restores the file, and has it alone meanwhile.
    db.run("PRAGMA busy_timeout = 5000");
    // WAL with NORMAL: a commit survives a killed process; a power cut may lose the last ones (README, "Durability").
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = NORMAL");
    migrate(db, nonces);
    // Short from here on: waiting for another process's lock stops everything that runs here.
    db.run("PRAGMA busy_timeout = 100");
    return db;
  });
}

/** For commands that only look; `undefined` when the node has never stored anything. */
export function openReadOnly(home: string): Database | undefined {
  const file = join(home, DATABASE_FILE);
  if (!existsSync(file)) return undefined;
  return guarded("reading fxn.db", () => {
    const db = new Database(file, { readonly: true, strict: true });
    db.run("PRAGMA busy_timeout = 2000");
    return versionOf(db) === 0 ? undefined : db;
  });
}

function versionOf(db: Database): number {
  const row = db.query<{ user_version: number }, []>("PRAGMA user_version").get();
  return row?.user_version ?? 0;
}

function migrate(db: Database, nonces: FormerNonces): void {
  const version = versionOf(db);
  if (version > MIGRATIONS.length) {
    throw new StoreError("store_too_new", 500, `fxn.db was written by a newer fxn (version ${version})`, {
      hint: "Run the newer fxn, or point --home elsewhere.",
    });
  }
  if (version === VERSION_WITH_NONCES) takeOver(db, nonces);
  for (let step = version; step < MIGRATIONS.length; step++) {
    db.transaction(() => {
      // A command may open the home as the node does.
      if (versionOf(db) !== step) return;
      db.run(MIGRATIONS[step] ?? "");
      db.run(`PRAGMA user_version = ${step + 1}`);
    }).immediate();
  }
}

function takeOver(db: Database, nonces: FormerNonces): void {
  const floor = db.query<{ value: string }, []>("SELECT value FROM facts WHERE name = 'nonce_floor'").get();
  const rows = db.query<{ scope: string; nonce: string; at: number }, []>("SELECT scope, nonce, at FROM nonces");
  for (const { scope, nonce, at } of rows.iterate()) nonces.claim(scope, nonce, at);
  if (floor) nonces.refuseUpTo(Number(floor.value));
}
