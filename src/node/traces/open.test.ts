// Another collector from a reload on: what the former one is owed it gets, and requests that outlast the reload lose nothing.
import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { tracing } from "../../config/watch-settings.ts";
import { Registry } from "../../observe/metrics/node.ts";
import { Traces } from "./open.ts";

function setUp() {
  const sent: string[] = [];
  const [clock, log, register] = [new FakeClock(), new FakeLog(), new Registry()];
  const traces = new Traces({
    ...{ env: {}, register, version: "1", clock, log },
    async fetch(url, { body }) {
      for (const [, name] of String(body).matchAll(/"name":"(GET [^"]*)"/g)) sent.push(`${new URL(url).host} ${name}`);
      return { status: 200, headers: new Headers(), body: new Uint8Array() };
    },
  });
  const change = (settings: Record<string, unknown>) => traces.changeTo(traces.open(tracing.parse(settings)));
  return { traces, change, sent, clock, register };
}

const at = (host: string) => ({ otlpEndpoint: `http://${host}` });

test("the former exporter sends what it holds; a request that ends later is told to the one there is", async () => {
  const { traces, change, sent, clock } = setUp();
  change(at("one"));
  const stopping = new AbortController();
  const running = traces.run(stopping.signal);
  const { tracer } = traces.open(tracing.parse(at("one")));
  tracer?.begin("GET /before", new Headers(), {}).end(200);
  const across = tracer?.begin("GET /across", new Headers(), {});
  change(at("two"));
  await clock.advance(1);
  expect(sent).toEqual(["one GET /before"]);
  across?.end(200);
  await clock.advance(5000);
  expect(sent).toEqual(["one GET /before", "two GET /across"]);
  change({});
  expect(traces.open(tracing.parse({})).tracer).toBeUndefined();
  stopping.abort();
  await running;
});

test("the same settings are the same exporter; a node without a collector has no metrics of one", async () => {
  const { traces, change, register } = setUp();
  change({});
  expect(await register.metrics()).not.toContain("fxn_trace");
  change(at("one"));
  expect(traces.open(tracing.parse(at("one")))).toBe(traces.open(tracing.parse(at("one"))));
  expect(await register.metrics()).toContain("fxn_trace");
});
