import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerRow } from "../../test/fakes/ledger-row.ts";
import { openDatabase, openReadOnly } from "./database.ts";
import { SqliteLedger, sumLedger } from "./ledger/table.ts";
import { SqliteSnapshots } from "./snapshots.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const NO_NONCES = { claim: () => undefined, refuseUpTo() {} };
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-store-"));
});
afterEach(() => rmSync(home, { recursive: true }));

describe("ledger", () => {
  test("sums by day, model and caller", () => {
    const db = openDatabase(home, NO_NONCES);
    const ledger = new SqliteLedger(db);
    ledger.insertNew(ledgerRow({}));
    ledger.insertNew(ledgerRow({ completionTokens: null, promptTokens: null, tokenSource: "none", outcome: "error" }));
    ledger.insertNew(ledgerRow({ at: START + DAY, model: "big" }));
    expect(sumLedger(db, ["day", "model"], 0, START + 9 * DAY)).toEqual([
      { keys: ["2026-01-02", "big"], requests: 1, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 0 },
      { keys: ["2026-01-01", "tiny"], requests: 2, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 1 },
    ]);
    expect(sumLedger(db, [], 0, START + DAY)[0]?.requests).toBe(2);
    expect(sumLedger(db, [], 0, 1)[0]?.requests).toBe(0);
  });

  test("is readable by another process while the node writes", () => {
    const db = openDatabase(home, NO_NONCES);
    new SqliteLedger(db).insertNew(ledgerRow({}));
    const reader = openReadOnly(home);
    expect(reader && sumLedger(reader, [], 0, START + DAY)[0]?.requests).toBe(1);
  });

  test("a home that never stored anything has no ledger, and looking makes no file", () => {
    expect(openReadOnly(home)).toBeUndefined();
    expect([...new Bun.Glob("*").scanSync(home)]).toEqual([]);
  });
});

test("snapshots come back as they were saved, bigint block included", () => {
  const snapshots = new SqliteSnapshots(openDatabase(home, NO_NONCES));
  expect(snapshots.load("gateways")).toBeUndefined();
  snapshots.save("gateways", { savedAt: 5, block: 2n ** 70n, json: "[1]" });
  snapshots.save("gateways", { savedAt: 6, block: 2n ** 70n, json: "[2]" });
  expect(new SqliteSnapshots(openDatabase(home, NO_NONCES)).load("gateways")).toEqual({
    savedAt: 6,
    block: 2n ** 70n,
    json: "[2]",
  });
});

test("a database of a newer fxn is refused with what to do", () => {
  openDatabase(home, NO_NONCES).run("PRAGMA user_version = 99");
  expect(() => openDatabase(home, NO_NONCES)).toThrow("newer fxn");
});

test("the nonces of a database from before they had files of their own are taken over, once", () => {
  const old = new Database(join(home, "fxn.db"), { create: true });
  old.run("CREATE TABLE nonces (scope TEXT, nonce TEXT, at INTEGER, PRIMARY KEY (scope, nonce)) WITHOUT ROWID");
  old.run("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
  old.run("INSERT INTO nonces VALUES ('function:0xaa', 'n1', 5000), ('function:0xbb', 'n1', 6000)");
  old.run("INSERT INTO facts VALUES ('nonce_floor', '4000')");
  old.run("PRAGMA user_version = 1");
  old.close();
  const taken: unknown[] = [];
  const nonces = { claim: (...claim: unknown[]) => taken.push(claim), refuseUpTo: (at: number) => taken.push(at) };
  const db = openDatabase(home, nonces);
  expect(taken).toEqual([["function:0xaa", "n1", 5000], ["function:0xbb", "n1", 6000], 4000]);
  expect(db.query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'nonces'").get()).toEqual({ n: 0 });
  db.close();
  openDatabase(home, nonces).close();
  expect(taken).toHaveLength(3);
});

test("whoever has the file alone for a moment, as after a crash, is waited for", async () => {
  openDatabase(home, NO_NONCES).close();
  const script = `
    const { Database } = await import("bun:sqlite");
    const db = new Database(${JSON.stringify(join(home, "fxn.db"))});
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("BEGIN EXCLUSIVE");
    console.log("locked");
    await Bun.sleep(500);
    db.run("COMMIT");
    db.close();`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await child.stdout.getReader().read();
  openDatabase(home, NO_NONCES).close();
  expect(await child.exited).toBe(0);
});
