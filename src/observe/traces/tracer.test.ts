// Whose trace a request belongs to, what counts, and that a stranger's word costs nothing.
import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { asPart } from "../../core/trace.ts";
import type { FinishedSpan } from "./otlp.ts";
import { Tracer } from "./tracer.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const context = (flags: string) => new Headers({ traceparent: `00-${TRACE}-${PARENT}-${flags}`, tracestate: "v=1" });

function setUp(options = { ratio: 1, parentBased: true }) {
  const spans: FinishedSpan[] = [];
  const clock = new FakeClock();
  const tracer = new Tracer(options, { clock, add: (span) => spans.push(span) });
  return { spans, clock, tracer, begin: (headers = new Headers()) => tracer.begin("POST /v1/*", headers, { a: 1 }) };
}

describe("a request that is traced", () => {
  test("has its parts below it, and continues the trace of a caller that is known", async () => {
    const { spans, clock, begin } = setUp();
    const trace = begin(context("01"));
    await asPart(trace, "auth", async () => {
      await clock.advance(3);
      trace.admit();
    });
    const { span, headers } = trace.call("chat tiny");
    span.set("gen_ai.usage.output_tokens", 7);
    await clock.advance(10);
    span.end();
    await clock.advance(5);
    trace.end(200);
    const [auth, call, root] = spans;
    expect(spans.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE]);
    expect(root).toMatchObject({
      name: "POST /v1/*",
      kind: "server",
      parentSpanId: PARENT,
      failed: false,
      traceState: "v=1",
    });
    expect(root?.attributes).toEqual({ a: 1, "http.response.status_code": 200 });
    expect([auth?.parentSpanId, call?.parentSpanId]).toEqual([root?.spanId, root?.spanId]);
    expect([auth, call, root].map((one) => (one?.endedAt ?? 0) - (one?.startedAt ?? 0))).toEqual([3, 10, 18]);
    expect(headers).toEqual({ traceparent: `00-${TRACE}-${call?.spanId}-01`, tracestate: "v=1" });
  });

  test("a part that fails says by which word, and the request by its status", async () => {
    const { spans, begin } = setUp();
    const trace = begin();
    await asPart(trace, "queue", async () => Promise.reject(new Error("a secret"))).catch(() => {});
    trace.end(502);
    expect(spans.map(({ failed, attributes }) => [failed, attributes["error.type"]])).toEqual([
      [true, "internal"],
      [true, "502"],
    ]);
    expect(JSON.stringify(spans)).not.toContain("secret");
  });

  test("begins a trace of its own when the caller's is malformed", () => {
    const { spans, begin } = setUp();
    const trace = begin(new Headers({ traceparent: `00-${TRACE}-${PARENT}-1`, tracestate: "v=1" }));
    trace.admit();
    const { headers } = trace.call("chat tiny");
    trace.end(200);
    expect(spans.at(-1)?.parentSpanId).toBeUndefined();
    expect(headers).toEqual({ traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/) });
    expect(headers.traceparent).not.toContain(TRACE);
  });
});

describe("what counts", () => {
  test("what a known caller has decided, whatever the ratio; with another sampler the ratio alone", () => {
    const none = setUp({ ratio: 0, parentBased: true });
    const asked = none.begin(context("01"));
    asked.admit();
    asked.end(200);
    expect(none.spans).toHaveLength(1);
    const all = setUp();
    const refused = all.begin(context("00"));
    refused.admit();
    expect(refused.call("x").headers.traceparent).toMatch(/-00$/);
    refused.end(200);
    expect(all.spans).toEqual([]);
    const ratioAlone = setUp({ ratio: 0, parentBased: false });
    const trace = ratioAlone.begin(context("01"));
    trace.admit();
    trace.end(200);
    expect(ratioAlone.spans).toEqual([]);
  });

  test("a stranger can force no sampling: neither its flag nor its trace id counts, and a flood of them is cut", async () => {
    const none = setUp({ ratio: 0, parentBased: true });
    none.begin(context("01")).end(401);
    expect(none.spans).toEqual([]);
    const all = setUp();
    for (let i = 0; i < 500; i++) all.begin(context("01")).end(401);
    expect(all.spans).toHaveLength(10);
    expect(all.spans.some(({ traceId, parentSpanId }) => traceId === TRACE || parentSpanId)).toBe(false);
    await all.clock.advance(1000);
    all.begin().end(401);
    expect(all.spans).toHaveLength(11);
  });

  test("about as many as the ratio says", () => {
    const { spans, begin } = setUp({ ratio: 0.25, parentBased: true });
    for (let i = 0; i < 4000; i++) {
      const trace = begin();
      trace.admit();
      trace.end(200);
    }
    // 1000, give or take 8 standard deviations.
    expect(Math.abs(spans.length - 1000)).toBeLessThan(220);
  });
});
