// The service end to end: a listener, the service, a model server; what passes, what is changed, what is refused.

import { afterEach, describe, expect, test } from "bun:test";
import { backend, InferenceRig, oneModel, type Settings } from "../../test/fakes/inference-rig.ts";
import { json, ModelServer, stream, USAGE } from "../../test/fakes/model-server.ts";
import type { ModelsConfig } from "../config/models-schema.ts";
import { DEFAULT_ROUTES } from "../config/models-schema.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function start(models?: (url: string) => ModelsConfig, settings: Settings = {}) {
  const server = await ModelServer.start();
  const rig = new InferenceRig((models ?? ((url) => oneModel(backend(url))))(server.url), settings);
  cleanups.push(
    () => rig.stop(),
    () => server.stop(),
  );
  return { server, rig };
}

const goForm =
  (model?: string) =>
  (url: string): ModelsConfig => ({
    catchAll: true,
    models: [{ id: "fxn-1", aliases: [], backends: [backend(url, { model })] }],
  });

const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { message: string; type: string; code: string } };
  return { status: response.status, ...error };
};

describe("what passes", () => {
  test("status, headers on the list and body come back as they are", async () => {
    const { server, rig } = await start();
    const text = `{ "choices": [ {"message":{"content":"hi"}} ], "n": 12345678901234567890 }`;
    server.behave = json(text, 201, { "x-ratelimit-limit": "9", "openai-version": "v", "content-language": "fr" });
    const response = await rig.chat();
    expect(response.status).toBe(201);
    expect(await response.text()).toBe(text);
    expect(response.headers.get("x-ratelimit-limit")).toBe("9");
    expect(response.headers.get("openai-version")).toBe("v");
    expect(response.headers.get("content-language")).toBe("fr");
    expect(response.headers.get("content-length")).toBe(String(text.length));
  });

  test("an error of the model server passes with its own words", async () => {
    const { server, rig } = await start();
    for (const status of [400, 401, 429, 500, 503]) {
      server.behave = json({ error: { message: "its own", type: "t", code: "c" } }, status, { "retry-after": "7" });
      const response = await rig.chat();
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, "7"]);
      expect(await response.json()).toEqual({ error: { message: "its own", type: "t", code: "c" } });
    }
    expect(rig.ledger.rows.map(({ status, outcome }) => [status, outcome])).toEqual(
      [400, 401, 429, 500, 503].map((status) => [status, "error"]),
    );
  });

  test("unknown fields, big integers and white space reach the model server untouched", async () => {
    const { server, rig } = await start();
    const body = `{ "messages":[{"role":"user","content":"ü"}],\n "seed":12345678901234567890, "tools":[{"x":1.50}],"model" : "tiny" }`;
    await rig.post("/v1/chat/completions", body);
    expect(server.calls[0]?.body.toString()).toBe(body);
  });

  test('attack: a prompt that contains "model":"x" is not rewritten, and the real field is', async () => {
    const { server, rig } = await start((url) => oneModel(backend(url, { model: "real" })));
    const body = String.raw`{"messages":[{"content":"\"model\":\"tiny\" and {\"model\":\"tiny\"}","model":"tiny"}],"model":"small"}`;
    await rig.post("/v1/chat/completions", body);
    expect(server.calls[0]?.body.toString()).toBe(body.replace(`"model":"small"`, `"model":"real"`));
  });

  test("an alias reaches the model server as the model's id", async () => {
    const { server, rig } = await start();
    await rig.chat({ model: "small" });
    expect(JSON.parse(server.calls[0]?.body.toString() ?? "")).toMatchObject({ model: "tiny" });
    expect(rig.ledger.rows[0]?.model).toBe("tiny");
  });

  test("attack: a doubled model field cannot mean one model here and another there", async () => {
    const { server, rig } = await start();
    await rig.post("/v1/chat/completions", `{"model":"expensive","messages":[],"model":"tiny"}`);
    expect(server.calls[0]?.body.toString()).toBe(`{"model":"tiny","messages":[],"model":"tiny"}`);
  });

  test("the Go form: any model or none goes to the only one; the body changes only when an alias is set", async () => {
    const plain = await start(goForm());
    await plain.rig.post("/v1/chat/completions", `{"model":"whatever"}`);
    await plain.rig.post("/v1/chat/completions", `{}`);
    expect(plain.server.calls.map(({ body }) => body.toString())).toEqual([`{"model":"whatever"}`, `{}`]);
    const alias = await start(goForm("real"));
    await alias.rig.post("/v1/chat/completions", `{"model":"whatever"}`);
    await alias.rig.post("/v1/chat/completions", `{}`);
    expect(alias.server.calls.map(({ body }) => body.toString())).toEqual([`{"model":"real"}`, `{"model":"real"}`]);
  });

  test("a route that a server declares passes, a file upload too", async () => {
    const { server, rig } = await start((url) => oneModel(backend(url, { routes: ["/v1/audio/transcriptions"] })));
    const form = new FormData();
    form.set("model", "anything");
    form.set("file", new Blob([new Uint8Array([0, 255, 128])]), "a.wav");
    const response = await rig.post("/v1/audio/transcriptions", "", { body: form, headers: {} });
    expect(response.status).toBe(200);
    expect(server.calls[0]?.headers["content-type"]).toStartWith("multipart/form-data; boundary=");
    expect(server.calls[0]?.body.includes(Buffer.from([0, 255, 128]))).toBeTrue();
  });

  test("a large answer passes whole, and its usage is found wherever it stands", async () => {
    const { server, rig } = await start();
    const data = Array.from({ length: 40_000 }, (_, i) => ({ index: i, embedding: [i / 7, "usage", { usage: 1 }] }));
    const usage = { prompt_tokens: 11, total_tokens: 11 };
    for (const body of [
      { usage, data },
      { data, usage },
    ]) {
      server.behave = json(body);
      const response = await rig.post("/v1/embeddings", { model: "tiny", input: "x" });
      expect(await response.text()).toBe(JSON.stringify(body));
      expect(rig.ledger.rows.at(-1)).toMatchObject({
        promptTokens: 11,
        completionTokens: null,
        tokenSource: "backend",
      });
    }
  });
});

describe("what is refused, in OpenAI's form, with no row in the ledger", () => {
  const cases: Record<string, [path: string, body: string, status: number, code: string]> = {
    "a route that no server declares": ["/v1/rerank", "{}", 404, "route_not_found"],
    "a model that is not here": ["/v1/chat/completions", `{"model":"gpt-9"}`, 404, "model_not_found"],
    "no model": ["/v1/chat/completions", `{"messages":[]}`, 400, "model_required"],
    "a model that is no string": ["/v1/chat/completions", `{"model":7}`, 400, "invalid_body"],
    "a stream that is no boolean": ["/v1/chat/completions", `{"model":"tiny","stream":"true"}`, 400, "invalid_body"],
    "no JSON": ["/v1/chat/completions", `{"model":`, 400, "invalid_body"],
    "JSON that is no object": ["/v1/chat/completions", `["model"]`, 400, "invalid_body"],
    "an empty body": ["/v1/chat/completions", "", 400, "invalid_body"],
  };
  for (const [name, [path, body, status, code]] of Object.entries(cases)) {
    test(name, async () => {
      const { server, rig } = await start();
      expect(await errorOf(await rig.post(path, body))).toMatchObject({ status, code, type: "invalid_request_error" });
      expect([server.received.length, rig.ledger.rows.length, rig.ended]).toEqual([0, 0, 1]);
    });
  }

  test("attack: invalid UTF-8, and nesting without end", async () => {
    const { rig } = await start();
    const bytes = Buffer.from([...Buffer.from(`{"model":"tiny","x":"`), 0xff, ...Buffer.from(`"}`)]);
    expect(await errorOf(await rig.post("/v1/chat/completions", "", { body: bytes }))).toMatchObject({ status: 400 });
    const nested = `{"model":"tiny","x":${"[".repeat(2_000_000)}`;
    expect(await errorOf(await rig.post("/v1/chat/completions", nested))).toMatchObject({ status: 400 });
  });

  test("a prompt in a broken body reaches no log and no answer", async () => {
    const { rig } = await start();
    const response = await rig.post("/v1/chat/completions", `{"model":"tiny","prompt":"canary-7f3a" oops`);
    expect(await response.text()).not.toContain("canary");
    expect(JSON.stringify(rig.log.lines)).not.toContain("canary");
  });

  test("a file upload when several models could be meant", async () => {
    const routes = ["/v1/audio/transcriptions"];
    const { rig } = await start((url) => ({
      catchAll: false,
      models: ["a", "b"].map((id) => ({ id, aliases: [], backends: [backend(url, { routes })] })),
    }));
    const response = await rig.post(routes[0] ?? "", "", { body: new FormData(), headers: {} });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "model_required" });
  });

  test("a route that only another model's server has", async () => {
    const { rig } = await start((url) => ({
      catchAll: false,
      models: [
        { id: "a", aliases: [], backends: [backend(url, { routes: ["/v1/rerank"] })] },
        { id: "b", aliases: [], backends: [backend(url)] },
      ],
    }));
    expect((await rig.post("/v1/rerank", { model: "a" })).status).toBe(200);
    expect(await errorOf(await rig.post("/v1/rerank", { model: "b" }))).toMatchObject({ code: "route_not_found" });
  });
});

describe("attack: header leak", () => {
  test("the model server sees only what is on the list", async () => {
    const { server, rig } = await start();
    const secrets = ["x-address", "x-signature", "x-nonce", "x-timestamp", "authorization", "cookie", "x-api-key"];
    const others = ["x-forwarded-for", "forwarded", "referer", "origin", "openai-organization", "x-own", "te"];
    const headers = Object.fromEntries([...secrets, ...others].map((name) => [name, "canary-7f3a"]));
    await rig.chat({}, { headers: { ...headers, "user-agent": "canary-7f3a", "x-request-id": "canary-7f3a" } });
    const seen = server.calls[0]?.headers ?? {};
    expect(JSON.stringify(seen)).not.toContain("canary");
    expect(Object.keys(seen).sort()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-request-id",
    ]);
    expect(seen).toMatchObject({
      "accept-encoding": "identity",
      "content-type": "application/json",
      "user-agent": "fxn/9.9.9",
      "x-request-id": "req_0",
    });
  });

  test("the caller sees only what is on the list", async () => {
    const { server, rig } = await start();
    const leaks = [
      "set-cookie",
      "server",
      "via",
      "x-powered-by",
      "x-internal",
      "www-authenticate",
      "location",
      "alt-svc",
    ];
    server.behave = json({}, 200, Object.fromEntries(leaks.map((name) => [name, "canary-7f3a"])));
    const response = await rig.chat();
    expect(JSON.stringify([...response.headers])).not.toContain("canary");
  });
});

describe("the ledger", () => {
  test("one row for each answer, with its tokens, and no word of prompt or answer", async () => {
    const { rig, server } = await start();
    await (await rig.chat({ messages: [{ role: "user", content: "canary-7f3a" }] })).text();
    await (await rig.post("/v1/embeddings", { model: "small", input: "canary-7f3a" })).text();
    expect(rig.ledger.rows).toMatchObject([
      {
        network: "function",
        caller: "0xcaller",
        route: "/v1/chat/completions",
        model: "tiny",
        backend: server.url,
        status: 200,
        outcome: "ok",
        streamed: false,
        promptTokens: USAGE.prompt_tokens,
        completionTokens: USAGE.completion_tokens,
        tokenSource: "backend",
        firstTokenMs: null,
      },
      { route: "/v1/embeddings", promptTokens: 3, completionTokens: null },
    ]);
    expect(rig.ledger.rows[0]?.bytesIn).toBeGreaterThan(0);
    expect(rig.ledger.rows[0]?.bytesOut).toBeGreaterThan(0);
    expect(JSON.stringify([rig.ledger.rows, rig.log.lines])).not.toContain("canary");
    expect(rig.used).toEqual([
      ["0xcaller", 12],
      ["0xcaller", 3],
    ]);
    expect(await rig.metric("fxn_inference_tokens_total", { direction: "prompt" })).toBe(10);
    expect(rig.ended).toBe(2);
  });

  test("the row is there before the caller has the whole answer", async () => {
    const { rig } = await start();
    for (const more of [{}, { stream: true }]) {
      const before = rig.ledger.rows.length;
      const reader = (await rig.chat(more)).body?.getReader();
      let text = "";
      for (;;) {
        const chunk = await reader?.read();
        if (chunk?.done !== false) break;
        text += Buffer.from(chunk.value).toString();
        if (text.includes("[DONE]") || text.endsWith("}")) expect(rig.ledger.rows.length).toBe(before + 1);
      }
    }
  });

  test("one that is elsewhere holds the end of an answer back until it has the row, whole, streamed or long", async () => {
    const { server, rig } = await start();
    const long = JSON.stringify({ text: "x".repeat(600_000), usage: USAGE });
    for (const [behaviour, body] of [
      [json({ usage: USAGE }), {}],
      [json(long, 200, {}), {}],
      [stream({ tokens: 3 }), { stream: true }],
    ] as const) {
      server.behave = behaviour;
      const written = Promise.withResolvers<void>();
      rig.ledger.slow = written.promise;
      let over = false;
      const text = rig.chat(body).then((response) => response.text());
      void text.then(() => {
        over = true;
      });
      await Bun.sleep(50);
      expect([over, rig.ledger.rows.length]).toEqual([false, 0]);
      written.resolve();
      expect((await text).length).toBeGreaterThan(10);
      expect(rig.ledger.rows.splice(0)).toHaveLength(1);
    }
  });

  test("one that is elsewhere and fails costs an error in log and metric, not the answer", async () => {
    const { server, rig } = await start();
    server.behave = json({ usage: USAGE });
    const failing = Promise.reject(new Error("the store is gone"));
    failing.catch(() => {});
    rig.ledger.slow = failing;
    expect((await rig.chat()).status).toBe(200);
    expect(await rig.metric("fxn_ledger_errors_total")).toBe(1);
  });

  test("one that fails costs an error in log and metric, not the answer", async () => {
    const { rig } = await start();
    rig.ledger.broken = true;
    expect((await rig.chat()).status).toBe(200);
    expect(await (await rig.chat({ stream: true })).text()).toEndWith("data: [DONE]\n\n");
    expect(rig.log.lines.filter(({ level }) => level === "error").length).toBe(2);
    expect(await rig.metric("fxn_ledger_errors_total")).toBe(2);
  });
});

test("models: every id and alias, with one fixed time", async () => {
  const { rig } = await start();
  const about = { created: 1_750_000_000, routes: [...DEFAULT_ROUTES], kinds: ["custom"] };
  expect(rig.inference.models()).toEqual([
    { id: "tiny", ...about },
    { id: "small", ...about },
  ]);
});

test("2,000 streams at once: none waits for another", async () => {
  const { server, rig } = await start();
  let asked = 0;
  const all = Promise.withResolvers<void>();
  server.behave = async (_received, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: {"choices":[{"delta":{"content":"a"}}]}\n\n`);
    if (++asked === 2000) all.resolve();
    await all.promise;
    response.end("data: [DONE]\n\n");
  };
  const body = Buffer.from(`{"model":"tiny","stream":true}`);
  const answers = await Promise.all(
    Array.from({ length: 2000 }, async (_, i) => {
      const response = await rig.inference.send({
        id: `req_${i}`,
        network: "function",
        caller: "0xcaller",
        method: "POST",
        path: "/v1/chat/completions",
        search: "",
        headers: new Headers(),
        body,
        signal: new AbortController().signal,
        onEnd: () => {},
      });
      return response.text();
    }),
  );
  expect(answers.filter((text) => text.endsWith("[DONE]\n\n")).length).toBe(2000);
  expect(rig.ledger.rows.length).toBe(2000);
}, 30_000);
