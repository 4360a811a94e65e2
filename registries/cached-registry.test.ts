import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Registry as MetricsRegister } from "prom-client";
import { z } from "zod";
import { type Address, parseAddress } from "../src/core/address.ts";
import { registryMetrics } from "../src/observe/metrics/registry.ts";
import { FakeClock } from "../test/fakes/clock.ts";
import { FakeLog } from "../test/fakes/log.ts";
import { FakeSnapshots } from "../test/fakes/snapshots.ts";
import { CachedRegistry, type Reading } from "./cached-registry.ts";

const POLL = 60_000;
const MAX_STALE = 3_600_000;
const KEY = "things@1:0x0";
const alice = parseAddress(`0x${"aa".repeat(20)}`)!;
const bob = parseAddress(`0x${"bb".repeat(20)}`)!;

let clock: FakeClock;
let log: FakeLog;
let snapshots: FakeSnapshots;
let register: MetricsRegister;
let reads: number;
let random: number;
let read: () => Promise<Reading<string>>;

function reading(block: bigint, ...who: Address[]): Reading<string> {
  return { block, entries: new Map(who.map((address) => [address, "listed"])), ignored: 0 };
}

function open(): CachedRegistry<string> {
  register = new MetricsRegister();
  return new CachedRegistry({
    name: "things",
    snapshotKey: KEY,
    pollInterval: POLL,
    maxStale: MAX_STALE,
    read: () => {
      reads += 1;
      return read();
    },
    value: z.string(),
    clock,
    random: () => random,
    snapshots,
    log,
    metrics: registryMetrics(register),
  });
}

const gone = () => Promise.reject(new Error("the chain is gone"));
const messages = (level: string) => log.lines.filter((line) => line.level === level).map((line) => line.message);

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLog();
  snapshots = new FakeSnapshots();
  reads = 0;
  random = 0.5;
  read = async () => reading(7n, alice);
});

describe("reading", () => {
  test("nothing is known and nothing is fresh before the first read", () => {
    const registry = open();
    expect(registry.state()).toEqual({
      size: 0,
      ageMs: undefined,
      block: undefined,
      stale: true,
      lastError: undefined,
    });
    expect(registry.get(alice)).toBeUndefined();
  });

  test("an RPC that lags behind brings nobody back; when nothing is recent any more, a chain that was set back counts", async () => {
    const registry = open();
    read = async () => reading(100n, alice);
    await registry.refresh();
    read = async () => reading(50n, bob);
    await clock.advance(1000);
    await registry.refresh();
    expect(registry.get(bob)).toBeUndefined();
    expect(registry.state()).toMatchObject({
      block: 100n,
      ageMs: 1000,
      lastError: "the RPC is at block 50, behind the last read at 100",
    });
    await clock.advance(MAX_STALE);
    await registry.refresh();
    expect(registry.get(bob)).toBe("listed");
    expect(registry.state()).toMatchObject({ block: 50n, stale: false });
  });

  test("a read replaces what was known, at one block", async () => {
    const registry = open();
    await registry.refresh();
    expect(registry.get(alice)).toBe("listed");
    read = async () => reading(8n, bob);
    await registry.refresh();
    expect(registry.get(alice)).toBeUndefined();
    expect(registry.get(bob)).toBe("listed");
    expect(registry.state()).toMatchObject({ size: 1, block: 8n, ageMs: 0, stale: false });
  });

  test("an empty list is data", async () => {
    const registry = open();
    await registry.refresh();
    read = async () => reading(8n);
    await registry.refresh();
    expect(registry.state()).toMatchObject({ size: 0, block: 8n, stale: false });
    expect(registry.get(alice)).toBeUndefined();
  });

  test("reads at the same time are one read", async () => {
    const registry = open();
    await Promise.all([registry.refresh(), registry.refresh(), registry.refresh()]);
    expect(reads).toBe(1);
    await registry.refresh();
    expect(reads).toBe(2);
  });

  test("the data is as old as the moment before it was asked for", async () => {
    const registry = open();
    let answer: (value: Reading<string>) => void = () => {};
    read = () => new Promise((resolve) => (answer = resolve));
    const done = registry.refresh();
    await clock.advance(3000);
    answer(reading(7n, alice));
    await done;
    expect(registry.state().ageMs).toBe(3000);
  });

  test("a jump of the wall clock changes no age", async () => {
    const registry = open();
    await registry.refresh();
    clock.jump(10 * MAX_STALE);
    expect(registry.state()).toMatchObject({ ageMs: 0, stale: false });
    clock.jump(-20 * MAX_STALE);
    expect(registry.state()).toMatchObject({ ageMs: 0, stale: false });
  });
});

describe("outage", () => {
  test("what was read serves until it is older than maxStale; a read after that recovers", async () => {
    const registry = open();
    await registry.refresh();
    read = gone;
    await clock.advance(MAX_STALE);
    await registry.refresh();
    expect(registry.get(alice)).toBe("listed");
    expect(registry.state()).toMatchObject({ stale: false, lastError: "the chain is gone" });

    await clock.advance(1);
    expect(registry.state().stale).toBe(true);

    read = async () => reading(9n, alice);
    await registry.refresh();
    expect(registry.state()).toMatchObject({ stale: false, lastError: undefined, block: 9n });
  });

  test("a failed read is tried again after 1 s, 2 s, 4 s … up to the poll interval, then at the interval", async () => {
    read = gone;
    const registry = open();
    const stop = new AbortController();
    const running = registry.run(stop.signal);
    await clock.advance(0);
    for (const wait of [1000, 2000, 4000, 8000, 16_000, 32_000, POLL, POLL]) {
      const before = reads;
      await clock.advance(wait - 1);
      expect(reads).toBe(before);
      await clock.advance(1);
      expect(reads).toBe(before + 1);
    }
    read = async () => reading(7n, alice);
    await clock.advance(POLL);
    const before = reads;
    await clock.advance(POLL - 1);
    expect(reads).toBe(before);
    await clock.advance(1);
    expect(reads).toBe(before + 1);
    stop.abort();
    await running;
  });

  test("the log has one line for each change, not for each poll", async () => {
    const registry = open();
    for (let i = 0; i < 3; i++) await registry.refresh();
    read = gone;
    for (let i = 0; i < 3; i++) await registry.refresh();
    await clock.advance(MAX_STALE + 1);
    for (let i = 0; i < 3; i++) await registry.refresh();
    read = async () => reading(9n, alice);
    for (let i = 0; i < 3; i++) await registry.refresh();
    expect(messages("info")).toEqual(["registry read", "registry read"]);
    expect(messages("warn")).toEqual(["registry could not be read; the last read serves"]);
    expect(messages("error")).toHaveLength(1);
    expect(messages("debug")).toHaveLength(8);
  });

  test("polls and ignored entries are counted", async () => {
    const registry = open();
    read = async () => ({ ...reading(7n, alice), ignored: 2 });
    await registry.refresh();
    read = gone;
    await registry.refresh();
    const text = await register.metrics();
    expect(text).toContain('fxn_registry_polls_total{registry="things",outcome="ok"} 1');
    expect(text).toContain('fxn_registry_polls_total{registry="things",outcome="error"} 1');
    expect(text).toContain('fxn_registry_ignored_entries{registry="things"} 2');
  });
});

describe("the loop", () => {
  test("reads at once, then at each interval, 10 % early or late at most", async () => {
    for (const [value, wait] of [
      [0, POLL * 0.9],
      [1, POLL * 1.1],
    ] as const) {
      random = value;
      const stop = new AbortController();
      const running = open().run(stop.signal);
      await clock.advance(0);
      const before = reads;
      await clock.advance(wait - 1);
      expect(reads).toBe(before);
      await clock.advance(1);
      expect(reads).toBe(before + 1);
      stop.abort();
      await running;
    }
  });

  test("ends when the signal aborts, and what fails by that is no error", async () => {
    const registry = open();
    const stop = new AbortController();
    let fail: (error: Error) => void = () => {};
    read = () => new Promise((_, reject) => (fail = reject));
    const running = registry.run(stop.signal);
    await clock.advance(0);
    stop.abort();
    fail(new Error("aborted"));
    await running;
    expect(registry.state().lastError).toBeUndefined();
    expect(log.lines).toEqual([]);
    await clock.advance(10 * POLL);
    expect(reads).toBe(1);
  });
});

describe("snapshot", () => {
  test("a restart serves at once what was read before, as old as it is", async () => {
    await open().refresh();
    await clock.advance(5000);
    read = gone;
    const again = open();
    expect(again.get(alice)).toBe("listed");
    expect(again.state()).toMatchObject({ size: 1, block: 7n, ageMs: 5000, stale: false });
    await again.refresh();
    expect(again.get(alice)).toBe("listed");
    await clock.advance(MAX_STALE - 5000 + 1);
    expect(again.state().stale).toBe(true);
  });

  test("one older than maxStale lets nobody in until the chain is read", async () => {
    await open().refresh();
    clock.jump(MAX_STALE + 1);
    const again = open();
    expect(again.state().stale).toBe(true);
    await again.refresh();
    expect(again.state().stale).toBe(false);
  });

  test("attack: snapshot from the future: it is as old as it is far away", async () => {
    await open().refresh();
    clock.jump(-MAX_STALE - 1);
    expect(open().state()).toMatchObject({ ageMs: MAX_STALE + 1, stale: true });
    clock.jump(MAX_STALE);
    expect(open().state()).toMatchObject({ ageMs: 1, stale: false });
  });

  test("any text in it is at worst ignored, with a warning", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (json) => {
        log.lines.length = 0;
        snapshots.kept.set(KEY, { savedAt: clock.now(), block: 1n, json });
        const { size, stale } = open().state();
        if (log.lines[0]?.level === "info") expect(stale).toBe(false);
        else expect([size, stale, messages("warn").length]).toEqual([0, true, 1]);
      }),
    );
    for (const json of ["", "{", "null", `[["0x12","listed"]]`, `[["${alice}",5]]`]) {
      snapshots.kept.set(KEY, { savedAt: clock.now(), block: 1n, json });
      expect(open().state()).toMatchObject({ size: 0, stale: true });
    }
  });

  test("a store that cannot be read or written stops no read", async () => {
    snapshots.load = () => {
      throw new Error("disk");
    };
    snapshots.save = snapshots.load;
    const registry = open();
    await registry.refresh();
    expect(registry.state()).toMatchObject({ size: 1, stale: false, lastError: undefined });
    expect(messages("warn")).toHaveLength(2);
  });
});
