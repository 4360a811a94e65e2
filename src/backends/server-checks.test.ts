// What kinds of model servers are asked beside the conformance suite: what is not told is not judged, and nothing costs.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { backend } from "../../test/fakes/inference-rig.ts";
import { type Behaviour, hang, healthy, json, ModelServer } from "../../test/fakes/model-server.ts";
import type { ServerConfig } from "../config/models-schema.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { Secret } from "../core/secret.ts";
import { createHttpClient, type HttpClient } from "../lib/http-client.ts";
import { BACKENDS } from "./index.ts";

let server: ModelServer;
let http: HttpClient;
let clock: FakeClock;
beforeEach(async () => {
  server = await ModelServer.start();
  clock = new FakeClock();
  http = createHttpClient({ maxIdleConns: 4, idleConnTimeout: 5000, connectTimeout: 1000 });
});
afterEach(() => {
  http.close();
  server.stop();
});

const { signal } = new AbortController();
const checksOf = (provider: ServerConfig["provider"], more: Partial<ServerConfig> = {}, clock: Clock = systemClock) => {
  const strategy = BACKENDS.find(({ providers }) => providers.some((one) => one === provider)) ?? expect.unreachable();
  const timeouts = () => ({ firstByteTimeout: 1000, idleTimeout: 1000 });
  const ports = { http, timeouts, clock };
  const config = backend(server.url, { provider, ...more });
  return strategy.open(config, ports).checks(new Set(config.routes));
};
async function ask(provider: ServerConfig["provider"], id: string, more: Partial<ServerConfig> = {}) {
  const check = checksOf(provider, more).find((one) => one.id === id) ?? expect.unreachable();
  const { state, message } = await check.run(signal);
  return [state, message.replace(server.url, "it")];
}
const at =
  (path: string, answer: Behaviour): Behaviour =>
  (received, response) =>
    (received.path === path ? answer : healthy)(received, response);

test("a key: refused, missing, used up, or not to be known", async () => {
  const key = { bearerToken: new Secret("t1") };
  const of = (status: number, more?: Partial<ServerConfig>) => {
    server.behave = at("/v1/models", json({}, status));
    return ask("vllm", "backend.vllm.key", more);
  };
  expect(await of(200, key)).toEqual(["ok", "it lets the node in"]);
  expect(await of(401, key)).toEqual(["fail", "it refuses the key that it is sent: 401"]);
  expect(await of(403)).toEqual(["fail", "it wants a key: 403"]);
  expect(await of(429, key)).toEqual(["warn", "it takes no more requests for now: 429"]);
  // Not each server has the route.
  expect(await of(404, key)).toEqual(["skip", "it does not tell: it answered 404"]);
  expect(server.received.at(-1)?.headers.authorization).toBe("Bearer t1");
});

test("a busy server, which answers between two batches alone, is no finding: what it does not say in 5 s is not judged", async () => {
  server.behave = hang();
  for (const { providers } of BACKENDS)
    for (const check of checksOf(providers[0], {}, clock)) {
      const answer = check.run(signal);
      await clock.advance(5000);
      expect(await answer).toEqual({ state: "skip", message: `${server.url}: no answer within 5 s` });
    }
});

test("a key for inference alone is yellow: elsewhere than at chats it is refused, and chats are answered", async () => {
  for (const status of [401, 403]) {
    server.behave = at("/v1/models", json({}, status));
    const key = { bearerToken: new Secret("t1") };
    const refused = ["warn", `it refuses the key that it is sent: ${status}`];
    for (const provider of ["openai", "custom", "fxn"] as const)
      expect(await ask(provider, "backend.openai.key", key)).toEqual(refused);
  }
  server.behave = json({}, 403);
  // Whose probe asks the same way.
  expect(await ask("anthropic", "backend.anthropic.key")).toEqual(["fail", "it wants a key: 403"]);
});

test("a queue that is not told is not judged, and what tells it is named", async () => {
  server.behave = at("/metrics", json({ error: "not supported" }, 501));
  expect(await ask("llamacpp", "backend.llamacpp.queue")).toEqual([
    ...["skip", "it does not tell: /metrics answered 501. Start it with --metrics."],
  ]);
  server.behave = at("/metrics", json("vllm:num_requests_waiting NaN\nvllm:num_requests_running 1\n"));
  expect((await ask("vllm", "backend.vllm.queue"))[0]).toBe("skip");
});

test("an Ollama that has nothing loaded, is of an earlier version, or has a model that takes no more", async () => {
  server.behave = at("/api/ps", json({ models: [] }));
  expect(await ask("ollama", "backend.ollama.memory")).toEqual(["ok", "it: none is loaded now"]);
  expect((await ask("ollama", "backend.ollama.context"))[0]).toBe("skip");
  const model = { name: "tiny", size: 10, size_vram: 10 };
  server.behave = at("/api/ps", json({ models: [model] }));
  expect((await ask("ollama", "backend.ollama.context"))[0]).toBe("skip");
  const small = at("/api/ps", json({ models: [{ ...model, context_length: 2048 }] }));
  server.behave = (received, response) =>
    (received.path === "/api/show" ? json({ model_info: { "bert.context_length": 2048 } }) : small)(received, response);
  expect(await ask("ollama", "backend.ollama.context")).toEqual(["ok", "it: tiny takes 2048 tokens"]);
});

test("little context is right for what embeds, ranks or hears: only of what writes text is it asked", async () => {
  const list = { data: [{ id: "bge", max_model_len: 512 }] };
  const small = { default_generation_settings: { n_ctx: 512 } };
  const loaded = { models: [{ name: "bge", size: 1, size_vram: 1, context_length: 512 }] };
  server.behave = ({ path, ...rest }, response) => {
    const answers: Readonly<Record<string, object>> = {
      ...{ "/v1/models": list, "/props": small, "/api/ps": loaded },
      ...{ "/api/show": { model_info: { "bert.context_length": 8192 } } },
      ...{ "/models": { models: [{ id: "bge", contextWindow: 512 }] } },
    };
    return json(answers[path] ?? {})({ path, ...rest }, response);
  };
  for (const kind of ["vllm", "llamacpp", "ollama", "fedai-runner"] as const) {
    const context = (...routes: string[]) => ask(kind, `backend.${kind}.context`, { routes });
    const none = ["skip", "it has no route that writes text"];
    expect(await context("/v1/embeddings", "/v1/rerank", "/v1/audio/transcriptions")).toEqual(none);
    for (const route of ["/v1/chat/completions", "/v1/completions"])
      expect((await context("/v1/embeddings", route))[0]).toBe("warn");
  }
});

test("attack: numbers without sense, and lists without end, are no answer", async () => {
  server.behave = at("/props", json({ default_generation_settings: { n_ctx: -1 } }));
  expect((await ask("llamacpp", "backend.llamacpp.context"))[0]).toBe("skip");
  server.behave = at("/metrics", json("vllm:num_requests_waiting 1\n".repeat(200_000)));
  expect(await ask("vllm", "backend.vllm.queue")).toEqual(["skip", "it: the answer is too large"]);
});

test("they are cheap and harmless: of no server is any text asked", async () => {
  for (const { providers } of BACKENDS)
    for (const provider of providers) for (const check of checksOf(provider)) await check.run(signal);
  const asked = server.received.map(({ method, path }) => `${method} ${path}`);
  expect(asked.length).toBeGreaterThan(8);
  expect(asked.filter((one) => !one.startsWith("GET ") && one !== "POST /api/show")).toEqual([]);
  expect(asked.length).toBeLessThan(20);
});
