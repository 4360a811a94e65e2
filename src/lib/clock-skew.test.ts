// The clock is measured by what others say anyway: whom it listens to, whom it does not believe, and for how long.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { aheadOfDate, HeardClock, skewOf } from "./clock-skew.ts";
import type { Fetch } from "./fetch.ts";
import type { HttpClient } from "./http-client.ts";

const date = (ms: number) => new Date(ms).toUTCString();
const told = (...ahead: number[]) => ahead.map((ms) => ({ date: ms, block: undefined }));
const LIMITS = { timeoutMs: 1000, maxBytes: 1000 };

const EMPTY = { whole: () => new Uint8Array(0), async *[Symbol.asyncIterator]() {} };

/** A server whose clock is late by so much, and that takes its time. */
function server(clock: FakeClock, lateMs: number, { tookMs = 0, headers = {} } = {}): Fetch {
  return async () => {
    await clock.advance(tookMs);
    return {
      status: 200,
      headers: new Headers({ date: date(clock.now() - tookMs / 2 - lateMs), ...headers }),
      body: new Uint8Array(0),
    };
  };
}

test("of several the one in the middle counts: one that lies changes nothing", () => {
  expect(skewOf(told(100, 86_400_000, 200))).toEqual({ aheadMs: 200, sources: 3 });
  expect(skewOf([])).toBeUndefined();
  // A block of the future shows that this clock is late, whatever Date headers say.
  expect(skewOf([...told(0), { date: undefined, block: -60_000 }])).toEqual({ aheadMs: -60_000, sources: 1 });
});

test("a Date header has whole seconds; what is no date is nothing", () => {
  expect(aheadOfDate("Thu, 01 Jan 1970 00:00:10 GMT", 10_500)).toBe(0);
  expect(aheadOfDate("yesterday", 0)).toBeUndefined();
  expect(aheadOfDate(null, 0)).toBeUndefined();
});

describe("fxn_clock_skew_seconds: what is heard", () => {
  test("of RPCs, each by its latest answer; nothing before one came, nor ten minutes after the last", async () => {
    const clock = new FakeClock();
    const heard = new HeardClock(clock);
    expect(heard.skew()).toBeUndefined();
    await heard.listening(server(clock, 90_000))("https://rpc.test/key", LIMITS);
    await heard.listening(server(clock, 60_000))("https://rpc.test/key", LIMITS);
    expect(heard.skew()?.sources).toBe(1);
    expect(Math.abs((heard.skew()?.aheadMs ?? 0) - 60_000)).toBeLessThanOrEqual(500);
    await clock.advance(601_000);
    expect(heard.skew()).toBeUndefined();
  });

  test("not of an answer that took long, nor of one that a cache has kept", async () => {
    const clock = new FakeClock();
    const heard = new HeardClock(clock);
    await heard.listening(server(clock, 90_000, { tookMs: 3000 }))("https://slow.test", LIMITS);
    await heard.listening(server(clock, 90_000, { headers: { age: "90" } }))("https://cache.test", LIMITS);
    expect(heard.skew()).toBeUndefined();
  });

  test("of model servers elsewhere, at most once a second; one on this machine has this machine's clock", async () => {
    const clock = new FakeClock();
    const heard = new HeardClock(clock);
    const seen: string[] = [];
    const http: HttpClient = {
      close() {},
      async request() {
        const headers = new Map([["date", date(clock.now() + 30_000)]]);
        return { status: 200, headers, body: { ...EMPTY }, framing: "length" };
      },
    };
    const listening = heard.listeningTo(http, ({ hostname }) => {
      seen.push(hostname);
      return hostname !== "127.0.0.1";
    });
    const request = { method: "GET", headers: {}, body: undefined, signal: new AbortController().signal };
    const ask = (url: string) => listening.request({ ...request, url, firstByteTimeoutMs: 1, idleTimeoutMs: 1 });
    await ask("http://127.0.0.1:8000/v1/models");
    expect(heard.skew()).toBeUndefined();
    await clock.advance(1000);
    await Promise.all([ask("http://gpu.lan:8000/v1/models"), ask("http://gpu.lan:8000/v1/chat/completions")]);
    expect(seen).toEqual(["127.0.0.1", "gpu.lan"]);
    expect(Math.abs((heard.skew()?.aheadMs ?? 0) + 30_000)).toBeLessThanOrEqual(1000);
  });
});
