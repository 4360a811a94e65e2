// Spans: one for each inference, as a collector reads it, within the caller's trace; none without a collector.
import { expect, test } from "bun:test";
import { fails, fakePorts } from "../../../../test/fakes/fedai-ports.ts";
import { fedaiRig, KEYS, type SettingsInput, STRANGER } from "../../../../test/fakes/fedai-rig.ts";
import { FxnError } from "../../../core/errors.ts";
import type { Fetch } from "../../../lib/fetch.ts";
import type { FinishedSpan } from "../../../observe/traces/otlp.ts";
import { Tracer } from "../../../observe/traces/tracer.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

function traced(tracing: SettingsInput["tracing"], status = 200) {
  const sent: { url: string; body: ReturnType<typeof JSON.parse> }[] = [];
  const fetch: Fetch = async (url, { body }) => {
    sent.push({ url, body: JSON.parse(String(body)) });
    return { status, headers: new Headers(), body: new Uint8Array() };
  };
  const rig = fedaiRig(
    { tracing },
    "/nonexistent",
    fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent", now: 1_700_000_000_123, fetch }),
  );
  const running = new AbortController();
  const run = rig.session.run(running.signal);
  const stop = () => {
    running.abort();
    return run;
  };
  return { rig, sent, stop };
}

const attributesOf = (span: { attributes: { key: string; value: Record<string, string> }[] }) =>
  Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test("each inference is a span of the caller's trace, sent in batches and at the end", async () => {
  const { rig, sent, stop } = traced({ url: "http://collector:4318/" });
  await rig.ask("/infer", rig.request(), { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  rig.ports.generate = fails(new FxnError("backend_error", 502, "gone"));
  await rig.ask("/infer/stream", rig.request({ requestId: "req-2", prompt: "canary" }));
  await rig.ports.clock.advance(5000);
  await rig.ask("/infer", "{");
  await stop();
  expect(sent.map(({ url }) => url)).toEqual(Array(2).fill("http://collector:4318/v1/traces"));
  const [first, second, last] = sent.flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans);
  expect(first).toMatchObject({
    traceId: TRACE,
    parentSpanId: PARENT,
    spanId: expect.stringMatching(/^[\da-f]{16}$/),
    name: "node.infer",
    kind: 2,
    startTimeUnixNano: "1700000000123000000",
    status: {},
  });
  const about = { component: "node", "node.id": "node-a" };
  expect(attributesOf(first)).toEqual({ ...about, "request.id": "req-1", "http.status_code": "200" });
  expect(second).toMatchObject({ name: "node.inferStream", status: { code: 2 } });
  expect(second.traceId).not.toBe(TRACE);
  expect(attributesOf(second)).toEqual({ ...about, "request.id": "req-2", "http.status_code": "500" });
  expect(attributesOf(last)).toEqual({ ...about, "http.status_code": "400" });
  expect(JSON.stringify(sent)).not.toContain("canary");
});

test("nothing is sent where no collector is named", async () => {
  const { rig, sent, stop } = traced({});
  await rig.ask("/infer", rig.request());
  await rig.ports.clock.advance(60_000);
  await stop();
  expect(sent).toEqual([]);
});

test("a collector that refuses is said once, and costs no inference", async () => {
  const { rig, stop } = traced({ url: "http://collector:4318" }, 503);
  for (let i = 0; i < 3; i++) {
    expect((await rig.ask("/infer", rig.request())).status).toBe(200);
    await rig.ports.clock.advance(5000);
  }
  await stop();
  const said = rig.ports.log.lines.filter(({ message }) => message === "the collector does not take spans");
  expect(said.map(({ fields }) => fields)).toEqual([{ spans: 1, trouble: "it answered 503" }]);
});

test("without a collector of its own, its spans are the node's: the caller's trace is continued once it may call", async () => {
  const added: FinishedSpan[] = [];
  const ports = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent" });
  const tracer = new Tracer({ ratio: 1, parentBased: true }, { clock: ports.clock, add: (span) => added.push(span) });
  const rig = fedaiRig({}, "/nonexistent", { ...ports, tracer: () => tracer });
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  await rig.ask("/infer", rig.request({ requestId: "known" }), { headers });
  await rig.ask("/infer", rig.request({ requestId: "stranger" }, STRANGER), { headers });
  expect(added).toHaveLength(2);
  const [known, stranger] = added;
  expect(known).toMatchObject({
    ...{ traceId: TRACE, parentSpanId: PARENT, name: "node.infer", failed: false },
    attributes: { "node.id": "node-a", "request.id": "known", "http.response.status_code": 200 },
  });
  expect(stranger).toMatchObject({ parentSpanId: undefined, attributes: { "http.response.status_code": 401 } });
  expect(stranger?.traceId).not.toBe(TRACE);
});

test("attack: whoever sends a caller's request again has no word on traces", async () => {
  const added: FinishedSpan[] = [];
  const ports = fakePorts({ privateKeyHex: KEYS.node.privateKeyHex, home: "/nonexistent" });
  const tracer = new Tracer({ ratio: 0, parentBased: true }, { clock: ports.clock, add: (span) => added.push(span) });
  const rig = fedaiRig({}, "/nonexistent", { ...ports, tracer: () => tracer });
  const request = rig.request();
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
  const asked = [await rig.ask("/infer", request), await rig.ask("/infer", request, { headers })];
  expect(asked.map(({ status, body }) => [status, body.error])).toEqual([
    [200, undefined],
    [400, "nonce-reused"],
  ]);
  expect(added.map(({ traceId }) => traceId)).not.toContain(TRACE);
  await rig.ask("/infer", rig.request({ requestId: "req-2" }), { headers });
  expect(added.map(({ traceId }) => traceId)).toContain(TRACE);
});
