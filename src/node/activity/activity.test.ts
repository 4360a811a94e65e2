import type { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { ledgerRow } from "../../../test/fakes/ledger-row.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import type { Activity } from "../../core/activity.ts";
import { systemClock } from "../../core/clock.ts";
import type { NodeStatus } from "../../core/status.ts";
import { Registry } from "../../observe/metrics/node.ts";
import { openDatabase } from "../../store/database.ts";
import { SqliteEarnings, sumEarnings } from "../../store/earnings.ts";
import { LedgerImporter } from "../../store/ledger/importer.ts";
import { LedgerJournal } from "../../store/ledger/journal.ts";
import { newestInLedger } from "../../store/ledger/newest.ts";
import { type ActivityPorts, openActivity } from "./activity.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const STATUS: NodeStatus = {
  schema: 1,
  ...{ version: "1.0.0", address: null, uptimeSeconds: 5, ready: true, reasons: [], listen: "", admin: "" },
  ...{
    workers: [],
    models: [],
    backends: [],
    waiting: {},
    streams: 2,
    registries: {},
    engines: [],
    provider: null,
    networks: [],
  },
  ...{ phase: "serving", update: null },
  configuration: { loadedAt: "2026-11-26T00:00:00.000Z", lastError: null, restartPending: [] },
  cautions: [],
  alerts: null,
};

let home: string;
let db: Database;
let clock: FakeClock;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-activity-"));
  db = openDatabase(home, { claim: () => undefined, refuseUpTo() {} });
  clock = new FakeClock(Date.UTC(2026, 10, 26, 12));
});
afterEach(() => {
  db.close();
  rmSync(home, { recursive: true });
});

function open(change: Partial<ActivityPorts> = {}) {
  const book = openActivity({
    ledger: (count) => newestInLedger(db, home, count),
    earnings: (since) => sumEarnings(db, ["network", "day"], since),
    ...{ gpus: () => [], register: new Registry(), workers: undefined, clock },
    status: () => STATUS,
    log: new FakeLog(),
    ...change,
  });
  const read = (): Activity => JSON.parse(book.answer());
  return { ...book, read };
}

describe("GET /activity", () => {
  test("is computed at most once a second, however many ask", async () => {
    let asked = 0;
    const { read } = open({
      status() {
        asked++;
        return STATUS;
      },
    });
    for (let i = 0; i < 100; i++) read();
    expect(asked).toBe(1);
    await clock.advance(1000);
    expect(read().now).toBe(clock.now());
    expect(asked).toBe(2);
  });

  test("the newest fifty rows, also those that are still in the journal, each once", async () => {
    const journal = new LedgerJournal(home, clock);
    for (let i = 0; i < 40; i++) await journal.append(ledgerRow({ id: `old${i}`, at: i }));
    await new LedgerImporter({ home, db, alive: () => true, clock: systemClock, log: new FakeLog() }).importAll(
      new AbortController().signal,
    );
    for (let i = 0; i < 200; i++)
      await journal.append(ledgerRow({ id: `new${i}`, at: 1000 + i, model: "m\u001b[31m" }));
    const { ledger, ledgerShared } = open().read();
    expect(ledger.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => `new${199 - i}`));
    expect(ledger[0]).toEqual(ledgerRow({ id: "new199", at: 1199, model: "m [31m" }));
    expect(ledgerShared).toBeFalse();
    journal.close();
  });

  test("rows of the table are as they were written", async () => {
    const journal = new LedgerJournal(home, clock);
    const rows = [ledgerRow({ id: "a", at: 2 }), ledgerRow({ id: "b", at: 1, firstTokenMs: null, streamed: false })];
    for (const row of rows) await journal.append(row);
    journal.close();
    const importer = new LedgerImporter({ home, db, alive: () => false, clock: systemClock, log: new FakeLog() });
    await importer.importAll(new AbortController().signal);
    expect(open().read().ledger).toEqual(rows);
  });

  test("with a store that several nodes share it has no rows, and says so", () => {
    expect(open({ ledger: undefined }).read()).toMatchObject({ ledger: [], ledgerShared: true });
  });

  test("the last hundred challenges, with the time when they came", async () => {
    const { onChallenge, read } = open();
    for (let i = 0; i < 150; i++)
      onChallenge({ type: `T${i}`, outcome: "ok", source: "scheduler", durationMs: 500, error: null });
    clock.jump(60_000);
    const { challenges } = read();
    expect(challenges.length).toBe(100);
    expect(challenges[0]).toEqual({
      type: "T149",
      outcome: "ok",
      source: "scheduler",
      durationMs: 500,
      error: null,
      at: clock.now() - 500,
    });
  });

  test("earnings of today and of thirty days, exact, by network, asset and kind", async () => {
    const earnings = new SqliteEarnings(db, clock);
    const row = { network: "toy", job: "1", model: "m", kind: "reward", asset: "ETH" } as const;
    const add = (daysAgo: number, amount: bigint, change: object = {}) =>
      earnings.add({ ...row, at: clock.now() - daysAgo * DAY_MS, amount, transaction: crypto.randomUUID(), ...change });
    await add(0, 12_345_678_901_234_567_890n);
    await add(1, 1n);
    await add(40, 1_000_000n);
    await add(2, 7n, { kind: "gas" });
    await add(0, 3n, { asset: "COMP" });
    // Half of the day before the first one: its other half would be missing.
    await add(29.9, 5n);
    const zeros = Array<string>(27).fill("0");
    expect(open().read().earnings).toEqual([
      { network: "toy", asset: "COMP", kind: "reward", today: "3", thirtyDays: "3", days: [...zeros, "0", "0", "3"] },
      {
        ...{ network: "toy", asset: "ETH", kind: "reward" },
        ...{ today: "12345678901234567890", thirtyDays: "12345678901234567891" },
        days: [...zeros, "0", "1", "12345678901234567890"],
      },
      { network: "toy", asset: "ETH", kind: "gas", today: "0", thirtyDays: "7", days: [...zeros, "7", "0", "0"] },
    ]);
  });

  test("is bounded: an hour of samples, long names and many GPUs stay below what a command reads", async () => {
    const long = "m".repeat(10_000);
    const journal = new LedgerJournal(home, clock);
    for (let i = 0; i < 60; i++) await journal.append(ledgerRow({ id: `r${i}`, model: long, caller: long }));
    const gpus = Array.from({ length: 200 }, () => ({ name: "a", vendor: "nvidia", utilizationGpuPct: 55 }) as const);
    const { work, answer } = open({ gpus: () => gpus });
    const stop = new AbortController();
    const run = work.run(stop.signal);
    await clock.advance(3_700_000);
    stop.abort();
    await run;
    journal.close();
    const text = answer();
    expect(JSON.parse(text).samples.length).toBe(720);
    expect(text.length).toBeLessThan(4 * 1024 * 1024);
  });
});
