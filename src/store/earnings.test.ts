import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import type { Earning } from "../core/earnings.ts";
import { openDatabase, openReadOnly } from "./database.ts";
import { SqliteEarnings, sumEarnings } from "./earnings.ts";

const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const ETHER = 10n ** 18n;
let home = "";
let db: Database;
let earnings: SqliteEarnings;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-earnings-"));
  db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  earnings = new SqliteEarnings(db, systemClock);
});
afterEach(() => {
  db.close();
  rmSync(home, { recursive: true });
});

const earning = (part: Partial<Earning>): Earning => ({
  at: START,
  network: "oarn",
  job: "421614/1",
  model: "tiny",
  kind: "reward",
  asset: "COMP",
  amount: ETHER,
  transaction: "0xaa",
  ...part,
});

test("the same movement told twice is one, and another one of the same transaction is another", async () => {
  for (const part of [{}, {}, { at: START + DAY, amount: 5n }]) await earnings.add(earning(part));
  expect(sumEarnings(db, [], 0)).toEqual([{ keys: [], asset: "COMP", reward: ETHER, gas: 0n }]);
  await earnings.add(earning({ kind: "gas", asset: "ETH", amount: 7n }));
  await earnings.add(earning({ job: "421614/2" }));
  await earnings.add(earning({ network: "blindference", asset: "BLIND" }));
  expect(sumEarnings(db, [], 0)).toEqual([
    { keys: [], asset: "BLIND", reward: ETHER, gas: 0n },
    { keys: [], asset: "COMP", reward: 2n * ETHER, gas: 0n },
    { keys: [], asset: "ETH", reward: 0n, gas: 7n },
  ]);
});

test("a deed's gas is one row, whichever of its attempts counts now, and none when none does", async () => {
  const gas = (transaction: string, amount: bigint) => earning({ kind: "gas", asset: "ETH", transaction, amount });
  await earnings.add(earning({ asset: "ETH", transaction: "0x1" }));
  await earnings.spent("oarn", ["0x1", "0x2"], gas("0x1", 7n));
  await earnings.spent("oarn", ["0x9"], gas("0x9", 1n));
  const all = () => sumEarnings(db, [], 0);
  expect(all()).toMatchObject([{ reward: ETHER, gas: 8n }]);
  for (const [hash, cost] of [
    ["0x2", 5n],
    ["0x2", 6n],
    ["0x2", 6n],
  ] as const)
    await earnings.spent("oarn", ["0x1", "0x2"], gas(hash, cost));
  expect(all()).toMatchObject([{ reward: ETHER, gas: 7n }]);
  await earnings.spent("oarn", ["0x1", "0x2"], undefined);
  expect(all()).toMatchObject([{ reward: ETHER, gas: 1n }]);
});

test("another process that writes is waited for, and nothing else stands still meanwhile", async () => {
  const other = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  other.run("BEGIN IMMEDIATE");
  const written = [earnings.add(earning({})), earnings.spent("oarn", [], earning({ transaction: "0xbb" }))];
  // Longer than SQLite waits by itself.
  await Bun.sleep(300);
  other.run("COMMIT");
  other.close();
  await Promise.all(written);
  expect(sumEarnings(db, [], 0)[0]?.reward).toBe(2n * ETHER);
});

test("sums are exact where SQL's integers and doubles are not", async () => {
  await earnings.add(earning({ amount: 2n ** 80n + 1n, transaction: "0x1" }));
  await earnings.add(earning({ amount: 2n ** 80n + 2n, transaction: "0x2" }));
  expect(sumEarnings(db, [], 0)[0]?.reward).toBe(2n ** 81n + 3n);
});

test("by network, model and day, the latest day first, from a time on", async () => {
  await earnings.add(earning({ transaction: "0x1", at: START - 1 }));
  await earnings.add(earning({ transaction: "0x2", model: "big", amount: 3n }));
  await earnings.add(earning({ transaction: "0x3", at: START + DAY }));
  await earnings.add(
    earning({ transaction: "0x4", at: START + DAY, network: "blindference", kind: "gas", asset: "ETH" }),
  );
  const seen = (...by: Parameters<typeof sumEarnings>[1]) =>
    sumEarnings(db, by, START).map(({ keys }) => keys.join(" "));
  expect(seen("day", "network")).toEqual(["2026-01-02 blindference", "2026-01-02 oarn", "2026-01-01 oarn"]);
  expect(seen("network", "model")).toEqual(["blindference tiny", "oarn big", "oarn tiny"]);
  expect(sumEarnings(db, ["model"], START)[0]).toEqual({ keys: ["big"], asset: "COMP", reward: 3n, gas: 0n });
});

test("another process sees them, and a home from before there were earnings has none", async () => {
  await earnings.add(earning({}));
  const reader = openReadOnly(home);
  expect(reader && sumEarnings(reader, [], 0)).toHaveLength(1);
  reader?.close();
  db.run("DROP TABLE earnings");
  expect(sumEarnings(db, [], 0)).toEqual([]);
});
