// The way to a collector: in batches, again when it is busy, bounded in memory and at the end.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import type { Fetch } from "../../lib/fetch.ts";
import { SpanExporter } from "./exporter.ts";
import type { FinishedSpan } from "./otlp.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("the way to a collector", () => {
  const one = (): FinishedSpan => ({
    ...{ traceId: TRACE, spanId: PARENT, parentSpanId: undefined, name: "x", kind: "server" },
    ...{ startedAt: 1.5, endedAt: 2, attributes: { s: "a", i: 1, d: 0.5, b: true }, failed: false },
  });

  function exporter(answer: () => number | Promise<number>, headers?: Record<string, string>) {
    const clock = new FakeClock();
    const log = new FakeLog();
    const counts = { exported: 0, dropped: 0 };
    const bodies: string[] = [];
    const count = (outcome: keyof typeof counts, spans: number) => {
      counts[outcome] += spans;
    };
    const fetch: Fetch = async (_, { body }) => {
      bodies.push(String(body));
      return { status: await answer(), headers: new Headers(headers), body: new Uint8Array() };
    };
    const made = new SpanExporter(
      { url: "http://c/v1/traces", headers: { k: "v" }, resource: { "service.name": "fxn" } },
      { fetch, clock, log, count },
    );
    return { made, clock, log, counts, bodies };
  }

  test("is walked in batches, and what is left goes at the end", async () => {
    const { made, clock, counts, bodies } = exporter(() => 200);
    const ending = new AbortController();
    const run = made.run(ending.signal);
    for (let i = 0; i < 600; i++) made.add(one());
    await clock.advance(0);
    await clock.advance(0);
    made.add(one());
    ending.abort();
    await run;
    expect(counts).toEqual({ exported: 601, dropped: 0 });
    expect(bodies.length).toBeLessThanOrEqual(4);
    const [span] = JSON.parse(bodies[0] ?? "").resourceSpans[0].scopeSpans[0].spans;
    expect(span).toMatchObject({ kind: 2, startTimeUnixNano: "1500000", endTimeUnixNano: "2000000" });
    expect(span.attributes).toEqual([
      { key: "s", value: { stringValue: "a" } },
      { key: "i", value: { intValue: "1" } },
      { key: "d", value: { doubleValue: 0.5 } },
      { key: "b", value: { boolValue: true } },
    ]);
  });

  test("that is closed costs no memory: what does not fit, or is not taken, is dropped and counted, and said once", async () => {
    const { made, counts, log } = exporter(() => 503);
    for (let i = 0; i < 5000; i++) made.add(one());
    expect(counts).toEqual({ exported: 0, dropped: 2952 });
    await made.flush();
    await made.flush();
    expect(counts).toEqual({ exported: 0, dropped: 5000 });
    expect(log.lines).toHaveLength(1);
  });

  test("that is slow and well loses nothing: what comes while a batch is on its way wakes it as soon as that is taken", async () => {
    const slow = Promise.withResolvers<number>();
    const { made, clock, counts } = exporter(() => (counts.exported === 0 ? slow.promise : 200));
    const ending = new AbortController();
    const run = made.run(ending.signal);
    for (let i = 0; i < 512; i++) made.add(one());
    await clock.advance(0);
    for (let i = 0; i < 600; i++) made.add(one());
    slow.resolve(200);
    for (let i = 0; i < 3; i++) await clock.advance(0);
    // No time has passed.
    expect(counts).toEqual({ exported: 1112, dropped: 0 });
    ending.abort();
    await run;
  });

  test.each([429, 502, 503, 504])(
    "that is busy (%d) gets the same again, no sooner than it asks for; at the end what it does not take is dropped",
    async (busy) => {
      let status: number = busy;
      const { made, clock, counts, bodies } = exporter(() => status, { "retry-after": "20" });
      const ending = new AbortController();
      const run = made.run(ending.signal);
      for (let i = 0; i < 3000; i++) made.add(one());
      await clock.advance(0);
      await clock.advance(19_999);
      expect([bodies.length, counts]).toEqual([1, { exported: 0, dropped: 952 }]);
      status = 200;
      await clock.advance(1);
      await clock.advance(0);
      expect(counts).toEqual({ exported: 2048, dropped: 952 });
      status = busy;
      made.add(one());
      ending.abort();
      await run;
      expect(counts).toEqual({ exported: 2048, dropped: 953 });
    },
  );

  test("that refuses a batch for good does not get it again", async () => {
    const { made, clock, counts, bodies } = exporter(() => 400);
    const ending = new AbortController();
    const run = made.run(ending.signal);
    made.add(one());
    await clock.advance(5000);
    await clock.advance(60_000);
    expect([bodies.length, counts]).toEqual([1, { exported: 0, dropped: 1 }]);
    ending.abort();
    await run;
  });

  test("that is busy while others come holds no more than there is room for: the oldest go", async () => {
    const slow = Promise.withResolvers<number>();
    const { made, clock, counts } = exporter(() => (counts.dropped === 0 ? slow.promise : 200));
    const ending = new AbortController();
    const run = made.run(ending.signal);
    for (let i = 0; i < 512; i++) made.add(one());
    await clock.advance(0);
    for (let i = 0; i < 2000; i++) made.add(one());
    slow.resolve(503);
    await clock.advance(0);
    expect(counts).toEqual({ exported: 0, dropped: 464 });
    await clock.advance(5000);
    expect(counts).toEqual({ exported: 2048, dropped: 464 });
    ending.abort();
    await run;
  });
});
