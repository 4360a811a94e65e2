// Transactions in SQLite: one nonce and one key are one transaction's, for every process that has the file open.
import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../test/fakes/clock.ts";
import { type Address, type Hex, parseAddress } from "../core/address.ts";
import { systemClock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { Attempt, Mined, WantedTransaction } from "../core/transactions.ts";
import { openDatabase } from "./database.ts";
import { SqliteTransactions } from "./transactions.ts";

const DAY = 86_400_000;
const ACCOUNT = address("ab");
let home = "";
let db: Database;
let clock: FakeClock;
let store: SqliteTransactions;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-transactions-"));
  db = open();
  clock = new FakeClock();
  store = new SqliteTransactions(db, { chain: 1, account: ACCOUNT, clock });
});
afterEach(() => {
  db.close();
  rmSync(home, { recursive: true });
});

const open = () => openDatabase(home, { claim: () => undefined, refuseUpTo() {} });

function address(byte: string): Address {
  const parsed = parseAddress(`0x${byte.repeat(20)}`);
  if (!parsed) throw new Error("an address");
  return parsed;
}

function wanted(key: string, part: Partial<WantedTransaction> = {}): WantedTransaction {
  return { key, network: "toy", job: "j", model: "m", to: ACCOUNT, data: "0x12", value: 2n ** 70n, gas: 100n, ...part };
}

function attempt(nonce: number, maxFee = 10n): Attempt {
  const text: Hex = `0x${nonce.toString(16).padStart(4, "0")}${maxFee.toString(16).padStart(4, "0")}`;
  return { hash: text, raw: text, maxFee, priorityFee: 1n };
}

const reserve = (key: string, from = 0, part: Partial<WantedTransaction> = {}, of = store) =>
  of.reserve({ wanted: wanted(key, part), from, admit() {}, sign: (nonce) => attempt(nonce) });

const mined = (hash: Hex, part: Partial<Mined> = {}): Mined => ({
  ...{ hash, block: 7n, blockHash: "0xbb", success: true, cost: 300n, logs: [] },
  ...part,
});

test("what was reserved is read back whole, by key, by nonce and among the open", async () => {
  const made = await reserve("a", 5);
  expect(made).toMatchObject({ ...wanted("a"), nonce: 5, state: "sent", settled: false, attempts: [attempt(5)] });
  expect(store.ofKey("a")).toEqual(made);
  expect(store.ofNonce(5)).toEqual(made);
  expect(store.open()).toEqual(made ? [made] : []);
  expect([store.next(), store.ofKey("b"), store.ofNonce(6)]).toEqual([6, undefined, undefined]);
});

test("a key is one transaction; nonces go on from the higher of ours and the chain's", async () => {
  const first = await reserve("a");
  expect(await reserve("a", 90)).toEqual(first);
  expect([(await reserve("b"))?.nonce, (await reserve("c", 7))?.nonce, (await reserve("d", 2))?.nonce]).toEqual([
    1, 7, 8,
  ]);
});

test("accounts and chains do not know each other", async () => {
  await reserve("a");
  for (const of of [
    { chain: 2, account: ACCOUNT, clock },
    { chain: 1, account: address("cd"), clock },
  ]) {
    const other = new SqliteTransactions(db, of);
    expect([other.ofKey("a"), other.open(), other.next(), other.spent("toy")]).toEqual([undefined, [], 0, 0n]);
    expect((await reserve("a", 0, {}, other))?.nonce).toBe(0);
  }
});

test("what the caller does not admit, and what cannot be signed, leaves nothing behind", async () => {
  const no = new FxnError("gas_budget_spent", 503, "no");
  const refuse = () => {
    throw no;
  };
  const sign = (nonce: number) => attempt(nonce);
  expect(await store.reserve({ wanted: wanted("a"), from: 0, admit: refuse, sign }).catch((e: unknown) => e)).toBe(no);
  expect(await store.reserve({ wanted: wanted("a"), from: 0, admit() {}, sign: refuse }).catch((e: unknown) => e)).toBe(
    no,
  );
  expect([store.next(), store.ofKey("a")]).toEqual([0, undefined]);
});

test("two connections that reserve at once: no nonce twice, no gap, and one lock is waited for", async () => {
  const others = [open(), open()];
  const stores = others.map(
    (other) => new SqliteTransactions(other, { chain: 1, account: ACCOUNT, clock: systemClock }),
  );
  const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
  await Promise.all(stores.flatMap((of) => keys.map((key) => reserve(key, 0, {}, of))));
  expect(store.open().map(({ nonce }) => nonce)).toEqual(keys.map((_, i) => i));
  const [held, waiting] = others;
  held?.run("BEGIN IMMEDIATE");
  let done = false;
  const late =
    stores[1] &&
    reserve("late", 0, {}, stores[1]).then(() => {
      done = true;
    });
  await Bun.sleep(300);
  expect(done).toBe(false);
  held?.run("COMMIT");
  await late;
  expect(store.ofKey("late")?.nonce).toBe(40);
  held?.close();
  waiting?.close();
});

test("of two that raise the same attempt one is first", async () => {
  const id = (await reserve("a"))?.id ?? 0;
  expect(await store.attempt(id, 1, attempt(0, 12n))).toBe(true);
  expect(await store.attempt(id, 1, attempt(0, 13n))).toBe(false);
  expect(store.ofKey("a")?.attempts).toEqual([attempt(0), attempt(0, 12n)]);
});

test("mined, lost, mined again, settled: then nothing changes it", async () => {
  const id = (await reserve("a"))?.id ?? 0;
  const logs = [{ address: ACCOUNT, topics: ["0x01"], data: "0x02" }] as const;
  expect(await store.mined(id, mined("0x01", { logs }))).toBe(true);
  expect(await store.mined(id, mined("0x01", { logs }))).toBe(false);
  expect(store.ofKey("a")).toMatchObject({ state: "mined", mined: mined("0x01", { logs }) });
  await store.lost(id);
  expect(store.ofKey("a")).toMatchObject({ state: "sent", mined: undefined });
  await store.mined(id, mined("0x02", { success: false }));
  expect(store.ofKey("a")?.state).toBe("failed");
  await store.settled(id);
  expect(await store.mined(id, mined("0x03"))).toBe(false);
  await store.lost(id);
  expect(store.ofKey("a")).toMatchObject({ state: "failed", settled: true });
  expect(store.open()).toEqual([]);
});

test("one whose nonce another wallet has used gives its key and its nonce away, and stays in the book", async () => {
  const first = await reserve("a");
  await store.replaced(first?.id ?? 0);
  expect(store.ofKey("a")?.state).toBe("replaced");
  expect(store.ofNonce(0)).toBeUndefined();
  const second = await reserve("a", 1);
  expect([second?.nonce, store.ofKey("a")?.id, store.open().length]).toEqual([1, second?.id, 1]);
});

test("a gap is filled by exactly its nonce, and by one only", async () => {
  await reserve("a", 2);
  const fill = (key: string, nonce: number) =>
    store.reserve({ wanted: wanted(key), from: nonce, exactly: true, admit() {}, sign: (at) => attempt(at) });
  expect((await fill("fill/0", 0))?.nonce).toBe(0);
  expect(await fill("other", 0)).toBeUndefined();
  expect(await fill("other", 2)).toBeUndefined();
});

test("a network's day: what was mined at its cost, what is on its way at its most, for 24 hours", async () => {
  const a = await reserve("a");
  await reserve("b", 0, { network: "other" });
  const c = await reserve("c");
  expect(store.spent("toy")).toBe(2000n);
  await store.attempt(c?.id ?? 0, 1, attempt(2, 12n));
  await store.mined(a?.id ?? 0, mined("0x01"));
  expect([store.spent("toy"), store.spent("other")]).toEqual([1500n, 1000n]);
  await clock.advance(DAY);
  expect(store.spent("toy")).toBe(1200n);
  await store.replaced(c?.id ?? 0);
  expect(store.spent("toy")).toBe(0n);
});

test("what was settled 90 days ago is let go, in bounded steps; what is open and the highest nonce are kept", async () => {
  const rows = () => Number(db.query("SELECT count(*) AS n FROM transactions").values()[0]?.[0]);
  const attempts = () => Number(db.query("SELECT count(*) AS n FROM transaction_attempts").values()[0]?.[0]);
  const other = new SqliteTransactions(db, { chain: 2, account: ACCOUNT, clock });
  for (const of of [store, other]) await reserve("open", 0, {}, of);
  const id = (await reserve("k"))?.id ?? 0;
  await store.mined(id, mined(attempt(1).hash));
  await store.settled(id);
  const columns = "chain, account, network, job, model, recipient, data, value, gas, state, settled, at";
  db.run(`WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 502)
    INSERT INTO transactions (nonce, key, ${columns}) SELECT i, 'k' || i, ${columns} FROM transactions, n WHERE id = ${id}`);
  db.run(`INSERT INTO transaction_attempts SELECT t.id, 0, '0x' || t.id, raw, max_fee, priority_fee, t.at
    FROM transactions t, transaction_attempts a WHERE a.id = ${id} AND t.id > ${id}`);
  await clock.advance(90 * DAY);
  expect([await store.forget(), rows()]).toEqual([false, 504]);
  await clock.advance(1);
  expect([await store.forget(), rows()]).toEqual([true, 4]);
  expect([await store.forget(), rows(), attempts()]).toEqual([false, 3, 3]);
  expect([store.ofKey("k501"), store.ofKey("k502")?.nonce, store.next()]).toEqual([undefined, 502, 503]);
  expect([store.ofKey("open")?.nonce, other.ofKey("open")?.nonce]).toEqual([0, 0]);
});
