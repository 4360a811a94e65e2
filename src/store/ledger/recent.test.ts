import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerRow } from "../../../test/fakes/ledger-row.ts";
import { openDatabase } from "../database.ts";
import { trafficSince } from "./recent.ts";
import { SqliteLedger } from "./table.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-traffic-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

test("when the last request of others came, and how many did in a day; rehearsals are none", () => {
  const db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  const ledger = new SqliteLedger(db);
  const since = () => trafficSince(db, NOW - DAY);
  expect(since()).toEqual({ lastAt: null, lastOkAt: null, requests: 0, ok: 0 });
  ledger.insertNew(ledgerRow({ at: NOW - 3 * DAY }));
  ledger.insertNew(ledgerRow({ at: NOW - 5 * DAY }));
  ledger.insertNew(ledgerRow({ at: NOW - 2, caller: "rehearsal" }));
  expect(since()).toEqual({ lastAt: NOW - 3 * DAY, lastOkAt: null, requests: 0, ok: 0 });
  ledger.insertNew(ledgerRow({ at: NOW - 1000 }));
  ledger.insertNew(ledgerRow({ at: NOW - 10, outcome: "error" }));
  expect(since()).toEqual({ lastAt: NOW - 10, lastOkAt: NOW - 1000, requests: 2, ok: 1 });
  db.close();
});
