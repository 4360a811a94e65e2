import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerRow } from "../core/ledger.ts";
import { openDatabase, openReadOnly } from "./database.ts";
import { SqliteLedger, sumLedger } from "./ledger.ts";
import { SqliteSnapshots } from "./snapshots.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-store-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function row(change: Partial<LedgerRow>): LedgerRow {
  return {
    id: crypto.randomUUID(),
    at: START,
    network: "function",
    caller: "0xaa",
    route: "/v1/chat/completions",
    model: "tiny",
    backend: "http://127.0.0.1:1",
    status: 200,
    outcome: "ok",
    streamed: true,
    promptTokens: 10,
    completionTokens: 5,
    tokenSource: "backend",
    firstTokenMs: 12.5,
    durationMs: 100,
    bytesIn: 1,
    bytesOut: 2,
    ...change,
  };
}

describe("ledger", () => {
  test("sums by day, model and caller", () => {
    const db = openDatabase(home);
    const ledger = new SqliteLedger(db);
    ledger.append(row({}));
    ledger.append(row({ completionTokens: null, promptTokens: null, tokenSource: "none", outcome: "error" }));
    ledger.append(row({ at: START + DAY, model: "big" }));
    expect(sumLedger(db, ["day", "model"], 0, START + 9 * DAY)).toEqual([
      { keys: ["2026-01-02", "big"], requests: 1, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 0 },
      { keys: ["2026-01-01", "tiny"], requests: 2, ok: 1, promptTokens: 10, completionTokens: 5, unreported: 1 },
    ]);
    expect(sumLedger(db, [], 0, START + DAY)[0]?.requests).toBe(2);
    expect(sumLedger(db, [], 0, 1)[0]?.requests).toBe(0);
  });

  test("is readable by another process while the node writes", () => {
    const db = openDatabase(home);
    new SqliteLedger(db).append(row({}));
    const reader = openReadOnly(home);
    expect(reader && sumLedger(reader, [], 0, START + DAY)[0]?.requests).toBe(1);
  });

  test("a home that never stored anything has no ledger, and looking makes no file", () => {
    expect(openReadOnly(home)).toBeUndefined();
    expect([...new Bun.Glob("*").scanSync(home)]).toEqual([]);
  });
});

test("snapshots come back as they were saved, bigint block included", () => {
  const snapshots = new SqliteSnapshots(openDatabase(home));
  expect(snapshots.load("gateways")).toBeUndefined();
  snapshots.save("gateways", { savedAt: 5, block: 2n ** 70n, json: "[1]" });
  snapshots.save("gateways", { savedAt: 6, block: 2n ** 70n, json: "[2]" });
  expect(new SqliteSnapshots(openDatabase(home)).load("gateways")).toEqual({
    savedAt: 6,
    block: 2n ** 70n,
    json: "[2]",
  });
});

test("a database of a newer fxn is refused with what to do", () => {
  openDatabase(home).run("PRAGMA user_version = 99");
  expect(() => openDatabase(home)).toThrow("newer fxn");
});
