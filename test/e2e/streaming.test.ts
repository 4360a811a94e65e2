// Streams through the compiled node: chunk by chunk, cancelled, slow, cut, retried, and thousands at once.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHttpClient } from "../../src/lib/http-client.ts";
import { after, type Behaviour, drop, hang, healthy, json, ModelServer, stream } from "../fakes/model-server.ts";
import { Turnstile } from "../fakes/turnstile.ts";
import { signedHeaders } from "../sandbox/gateway.ts";
import { fxn } from "./node.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
let second: ModelServer;
beforeAll(async () => {
  second = await ModelServer.start();
  world = await openWorld({
    config: {
      proxy: { heartbeatInterval: "150ms", idleTimeout: "1s" },
      health: { interval: "100ms", ejection: "200ms", maxEjection: "400ms" },
    },
    models: (url) => ({
      models: [
        { id: "tiny", backends: [{ url, routes: [CHAT, "/v1/completions", "/v1/embeddings", "/v1/rerank"] }] },
        { id: "pair", backends: [{ url }, { url: second.url }] },
        { id: "narrow", backends: [{ url, maxConcurrent: 1 }] },
      ],
    }),
  });
});
afterAll(async () => {
  second.stop();
  await world.close();
});

/** How the model server answers work; it stays healthy when it is probed. */
function play(behaviour: Behaviour): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

/** Every network chunk as it comes, until the end or a failure. */
async function chunksOf(response: Response, onChunk = (_text: string) => {}): Promise<string[]> {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const text = decoder.decode(bytes, { stream: true });
    chunks.push(text);
    onChunk(text);
  }
  return chunks;
}
const textOf = async (response: Response) => (await chunksOf(response)).join("");
const streamed = chatBody({ stream: true });

async function ledgerRequests(home: string): Promise<number | undefined> {
  const { stdout } = await fxn(["ledger", "--home", home, "--by", "model", "--json"]);
  const { rows }: { rows: { model: string; requests: number }[] } = JSON.parse(stdout);
  return rows.find(({ model }) => model === "tiny")?.requests;
}

async function until(what: () => boolean, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms`);
    await Bun.sleep(5);
  }
}

describe("streams", () => {
  test("each of 50 chunks arrives by itself, before the next one is made", async () => {
    const arrived = new Turnstile();
    play(stream({ tokens: 50, pace: () => arrived.pass() }));
    const chunks = await chunksOf(await world.send(CHAT, streamed), (text) => {
      if (text.includes(`"delta"`)) arrived.open();
    });
    const content = chunks.filter((text) => text.includes(`"delta"`));
    expect(content.length).toBe(50);
    expect(content.every((text) => text.match(/data: /g)?.length === 1)).toBeTrue();
    expect(chunks.at(-1)).toEndWith("data: [DONE]\n\n");
  });

  test("leaving after the third chunk is seen by the model server within 200 ms", async () => {
    play(stream({ tokens: 500, everyMs: 20 }));
    const abort = new AbortController();
    const response = await world.send(CHAT, streamed, { signal: abort.signal });
    const reader = response.body!.getReader();
    for (let i = 0; i < 3; i++) await reader.read();
    const left = performance.now();
    abort.abort();
    const call = world.model.calls.at(-1)!;
    await until(() => call.abortedAt !== undefined, 1000);
    expect(call.abortedAt! - left).toBeLessThan(200);
  });

  test("leaving before the first token, streamed or not, is seen by the model server within 200 ms", async () => {
    for (const body of [streamed, chatBody()]) {
      play(hang());
      const before = world.model.calls.length;
      const abort = new AbortController();
      const response = world.send(CHAT, body, { signal: abort.signal }).then(
        (answer) => answer.text().catch(() => {}),
        () => {},
      );
      await until(() => world.model.calls.length > before, 1000);
      await Bun.sleep(50);
      const left = performance.now();
      abort.abort();
      const call = world.model.calls.at(-1)!;
      await until(() => call.abortedAt !== undefined, 1000);
      expect(call.abortedAt! - left).toBeLessThan(200);
      await response;
    }
  });

  test("a slow first token: heartbeat comments keep the stream alive, then the answer comes whole", async () => {
    play(after(800, stream({ tokens: 2 })));
    const text = await textOf(await world.send(CHAT, streamed));
    expect(text.match(/^: heartbeat/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(text).toContain(`"content":"t1"`);
    expect(text).toEndWith("data: [DONE]\n\n");
  });

  test("a plain answer that is slow is waited for, with no bytes before its status", async () => {
    play(after(900, json({ slow: true }, 201)));
    const response = await world.send(CHAT, chatBody());
    expect([response.status, await response.text()]).toEqual([201, `{"slow":true}`]);
  });

  for (const end of ["cut", "reset", "hang", "close"] as const) {
    test(`a backend that dies in mid-stream (${end}) ends in an error event, never in a clean end`, async () => {
      play(stream({ tokens: 3, end }));
      const text = await textOf(await world.send(CHAT, streamed));
      expect(text).toContain(`"content":"t2"`);
      const events = text.trim().split("\n\n");
      const last: { error: { code: string; type: string; message: string } } = JSON.parse(
        events.at(-1)!.replace("data: ", ""),
      );
      expect(last.error).toMatchObject({ code: "backend_stream_cut", type: "server_error" });
      expect(text).not.toContain("[DONE]");
    });
  }

  test("an event that arrived only in part is not passed on when the backend dies", async () => {
    play((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: {"choices":[{"delta":{"content":"whole"}}]}\n\ndata: {"choices":[{"delta":{"con`);
      setTimeout(() => response.socket?.destroy(), 30);
    });
    const events = (await textOf(await world.send(CHAT, streamed))).trim().split("\n\n");
    for (const event of events) expect(() => JSON.parse(event.replace("data: ", ""))).not.toThrow();
    expect(events.length).toBe(2);
  });

  test("a whole answer that is cut before any of it went on is a 502", async () => {
    play((_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write(`{"half":`);
      setTimeout(() => response.socket?.destroy(), 30);
    });
    expect(await outcome(await world.send(CHAT, chatBody()))).toBe("502 backend_unreachable");
  });

  test("a whole answer that is cut in its middle breaks, and does not look finished", async () => {
    play(async (_received, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      for (const part of [`{"half":`, `"of",`, `"it":`]) {
        response.write(part);
        await Bun.sleep(30);
      }
      response.socket?.destroy();
    });
    const response = await world.send(CHAT, chatBody());
    const end = await response.text().then(
      (text) => `it ended cleanly: ${text}`,
      () => "broken",
    );
    expect(end).toBe("broken");
  });

  test("unknown fields, tools, images and JSON schema pass untouched, and the answer as it is", async () => {
    const body = `{ "messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],\n "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}], "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}, "seed": 9007199254740993, "x":1.0e2, "model":"tiny" }`;
    const odd = `{"choices":[],"big":9007199254740993,"unicode":"\\u00e9é","model":"other"}`;
    play(json(odd, 200));
    expect(await (await world.send(CHAT, body)).text()).toBe(odd);
    expect(world.model.calls.at(-1)?.body.toString()).toBe(body);
  });

  test("the backend's own errors come back as they are", async () => {
    play(
      json(
        { error: { message: "context too long", type: "invalid_request_error", code: "context_length_exceeded" } },
        400,
      ),
    );
    const response = await world.send(CHAT, chatBody());
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("context_length_exceeded");
  });

  test("a compressed answer arrives readable", async () => {
    play((_received, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(Bun.gzipSync(Buffer.from(`{"usage":{"prompt_tokens":1,"completion_tokens":2}}`)));
    });
    expect(await (await world.send(CHAT, chatBody())).json()).toEqual({
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
  });
});

describe("routes", () => {
  test("a route that a backend declares passes, another is a typed 404", async () => {
    play(json({ results: [] }));
    expect((await world.send("/v1/rerank?top=2", { model: "tiny", query: "q" })).status).toBe(200);
    expect(world.model.calls.at(-1)?.path).toBe("/v1/rerank?top=2");
    expect(await outcome(await world.send("/v1/rerank", { model: "pair" }))).toBe("404 route_not_found");
    expect(await outcome(await world.send("/v1/audio/speech", { model: "tiny" }))).toBe("404 route_not_found");
    expect(await outcome(await world.send(CHAT, chatBody({ model: "nope" })))).toBe("404 model_not_found");
  });
});

describe("several model servers", () => {
  const pair = chatBody({ model: "pair" });

  test("another one is tried when the first gives no answer, and the caller does not notice", async () => {
    play(drop());
    second.behave = json({ from: "second" });
    for (let i = 0; i < 4; i++) expect(await (await world.send(CHAT, pair)).json()).toEqual({ from: "second" });
  });

  test("never after the first byte: a stream that broke is not begun again elsewhere", async () => {
    play(stream({ tokens: 2, end: "cut" }));
    second.behave = stream({ tokens: 2, end: "cut" });
    await until(() => world.node.log().includes(`"model server answers"`), 3000);
    const before = world.model.calls.length + second.calls.length;
    const text = await textOf(await world.send(CHAT, { ...pair, stream: true }));
    expect(text.match(/"content":"t0"/g)?.length).toBe(1);
    expect(world.model.calls.length + second.calls.length - before).toBe(1);
  });

  test("one that is gone is left out, and taken back when it answers again", async () => {
    play(healthy);
    second.behave = healthy;
    await Bun.sleep(600);
    play(drop());
    for (let i = 0; i < 12; i++) expect((await world.send(CHAT, pair)).status).toBe(200);
    await world.node.logged("model server left out");
    play(healthy);
    const before = world.model.calls.length;
    await until(() => {
      void world.send(CHAT, pair).then((response) => response.text());
      return world.model.calls.length > before;
    }, 5000);
  });
});

describe("load", () => {
  test("a queue that is full answers 429 with Retry-After, one that moves serves in turn", async () => {
    play(after(100, json({ ok: true })));
    await Bun.sleep(500);
    const answers = await Promise.all(Array.from({ length: 3 }, () => world.send(CHAT, chatBody({ model: "narrow" }))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await (await fetch(`${world.node.admin}/metrics`)).text()).toContain(
      `fxn_inference_queue_wait_seconds_count{model="narrow"}`,
    );
  });

  test("2,000 streams at once: every one gets its first token while all are open", async () => {
    // A node of its own: on a busy machine the first stream waits longer for the last than the other tests' idle time.
    const crowd = await openWorld();
    const COUNT = 2000;
    let open = 0;
    let most = 0;
    let firsts = 0;
    const gate = Promise.withResolvers<void>();
    crowd.model.behave = async (received, response) => {
      if (received.method === "GET") return healthy(received, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: {"choices":[{"delta":{"content":"a"}}]}\n\n`);
      most = Math.max(most, ++open);
      await gate.promise;
      response.end("data: [DONE]\n\n");
      open--;
    };
    const limit = setTimeout(() => gate.resolve(), 40_000);
    // Not fetch: it would hold back all but 256 of them on this side.
    const client = createHttpClient({ maxIdleConns: 0, idleConnTimeout: 0, connectTimeout: 20_000 });
    const body = Buffer.from(JSON.stringify(streamed));
    const texts = await Promise.all(
      Array.from({ length: COUNT }, async () => {
        const headers = { "content-type": "application/json", ...(await signedHeaders(account("gateway"), body)) };
        const { signal } = new AbortController();
        const request = { method: "POST", url: `${crowd.node.url}${CHAT}`, headers, body, signal };
        const reply = await client.request({ ...request, firstByteTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
        let text = "";
        for await (const chunk of reply.body) {
          const part = Buffer.from(chunk).toString();
          text += part;
          if (part.includes(`"content":"a"`) && ++firsts === COUNT) gate.resolve();
        }
        return text;
      }),
    ).finally(() => clearTimeout(limit));
    expect(most).toBe(COUNT);
    expect(texts.every((text) => text.includes(`"content":"a"`) && text.endsWith("data: [DONE]\n\n"))).toBeTrue();
    expect(await ledgerRequests(crowd.home)).toBe(COUNT);
    await crowd.leave();
  }, 90_000);

  test("every answer above has its row in the ledger", async () => {
    expect(await ledgerRequests(world.home)).toBeGreaterThan(10);
  });
});
