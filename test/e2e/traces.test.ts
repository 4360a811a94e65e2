// Traces through the binary, with a strict collector: the caller's trace is continued up to the model server.
import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { DATA_CLASSES } from "../../src/node/data-classes.ts";
import { json, stream } from "../fakes/model-server.ts";
import { type CollectedSpan, startCollector } from "../fakes/otlp-collector.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, type World } from "./world.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const context = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "vendor=1" };
const within = { alterHeaders: (headers: Record<string, string>) => ({ ...headers, ...context }) };

/** Each attribute, and the word for it in the list of what is kept. */
const TOLD: Readonly<Record<string, string>> = {
  "fxn.request.id": "ids",
  "http.request.method": "method",
  "http.response.status_code": "status",
  "http.route": "route",
  "url.path": "path",
  "url.scheme": "scheme",
  "error.type": "kind of error",
  "gen_ai.operation.name": "route",
  "gen_ai.provider.name": "kind and address of the model server",
  "gen_ai.request.model": "model",
  "gen_ai.response.model": "model",
  "gen_ai.usage.input_tokens": "tokens",
  "gen_ai.usage.output_tokens": "tokens",
  "gen_ai.response.time_to_first_chunk": "times",
  "server.address": "address of the model server",
  "server.port": "address of the model server",
};

const worlds: World[] = [];
const collector = startCollector("canary-key");
afterAll(async () => {
  for (const world of worlds) await world.leave();
  collector.stop();
});

async function open(options: Parameters<typeof openWorld>[0]): Promise<World> {
  const world = await openWorld(options);
  worlds.push(world);
  return world;
}

const named = (name: string): CollectedSpan | undefined => collector.spans.find((span) => span.name === name);

describe("OpenTelemetry traces by OTLP when configured, `traceparent` passed on", () => {
  test("a streamed request is part of its caller's trace, with auth, queue and the call to the model server below it", async () => {
    const world = await open({
      config: { server: { workers: 2 }, tracing: { otlpEndpoint: collector.url, otlpHeaders: "api-key=canary-key" } },
    });
    world.model.behave = stream({ tokens: 3 });
    const answer = await world.send(
      CHAT,
      chatBody({ stream: true, messages: [{ role: "user", content: "canary" }] }),
      within,
    );
    expect(await answer.text()).toContain("[DONE]");
    const seen = world.model.calls.at(-1)?.headers;
    expect(await (await fetch(`${world.node.url}/v1/models`, { headers: context })).json()).toMatchObject({
      error: {},
    });
    expect(await world.node.stop()).toBe(0);

    await until(() => collector.spans.length >= 6);
    const root = named("POST /v1/*");
    expect(root).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, failed: false });
    expect(root?.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/v1/*",
      "http.response.status_code": 200,
      "url.path": CHAT,
      "url.scheme": "http",
    });
    const below = collector.spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(below.map(({ name, kind }) => [name, kind])).toEqual([
      ["auth", 1],
      ["queue", 1],
      ["chat tiny", 3],
    ]);
    const call = named("chat tiny");
    expect(call?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "tiny",
      "gen_ai.usage.input_tokens": 7,
      "gen_ai.usage.output_tokens": 5,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(world.model.url).port),
    });
    expect(call?.attributes["gen_ai.response.time_to_first_chunk"]).toBeGreaterThan(0);
    expect([seen?.traceparent, seen?.tracestate]).toEqual([`00-${TRACE}-${call?.spanId}-01`, "vendor=1"]);
    // A stranger's request joins nobody's trace.
    const refused = named("GET /v1/models");
    expect(refused?.traceId).not.toBe(TRACE);
    expect(refused?.parentSpanId).toBeUndefined();
    expect(collector.refused).toEqual([]);
    expect(collector.bodies.join("")).not.toContain("canary");
    // What was sent, against what fxn privacy-report says is sent.
    const sent = new Set(collector.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...sent].filter((name) => !(name in TOLD))).toEqual([]);
    const said = DATA_CLASSES.find(({ id }) => id === "traces")?.what ?? "";
    expect(Object.values(TOLD).filter((word) => !said.includes(word))).toEqual([]);
    expect(world.node.log()).not.toContain("canary-key");
    if (process.env.OTLP_BODIES) writeFileSync(process.env.OTLP_BODIES, collector.bodies.at(-1) ?? "");
  }, 60_000);

  test("by OpenTelemetry's own variables; a collector that is gone costs no request and no end, one that refuses is counted", async () => {
    using refusing = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 400 }) });
    const ask = async (endpoint: string) => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: "always_on" };
      const world = await open({ config: { server: { workers: 1 } }, run: { env } });
      world.model.behave = json({ choices: [] });
      for (let i = 0; i < 5; i++) expect((await world.send(CHAT, chatBody())).status).toBe(200);
      await until(() => world.node.log().includes("the collector does not take spans"));
      const dropped = async () => {
        const text = await (await fetch(`${world.node.admin}/metrics`)).text();
        return Number(/fxn_trace_spans_total\{outcome="dropped"\} (\d+)/.exec(text)?.[1] ?? 0);
      };
      return { world, dropped };
    };
    const { dropped } = await ask(refusing.url.origin);
    await until(async () => (await dropped()) === 20);
    // They wait for it, until the node stops.
    const gone = await ask("http://127.0.0.1:1");
    expect(await gone.dropped()).toBe(0);
    expect(await gone.world.node.stop()).toBe(0);
  }, 60_000);

  test("without a collector the caller's traceparent is passed on as it is", async () => {
    const world = await open({});
    world.model.behave = json({ choices: [] });
    expect((await world.send(CHAT, chatBody(), within)).status).toBe(200);
    expect(world.model.calls.at(-1)?.headers).toMatchObject(context);
  }, 60_000);
});
