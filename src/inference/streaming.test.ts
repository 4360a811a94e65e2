// Streams end to end: event by event, heartbeats, token counts, cuts, and callers that leave in every phase.
import { afterEach, describe, expect, test } from "bun:test";
import { backend, InferenceRig, oneModel, type Settings } from "../../test/fakes/inference-rig.ts";
import {
  after,
  type Behaviour,
  hang,
  json,
  ModelServer,
  type StreamOptions,
  stream,
  USAGE,
} from "../../test/fakes/model-server.ts";
import { Turnstile } from "../../test/fakes/turnstile.ts";
import type { ServerConfig } from "../config/models-schema.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function start(behave: Behaviour = stream(), settings: Settings = {}, more: Partial<ServerConfig> = {}) {
  const server = await ModelServer.start(behave);
  const rig = new InferenceRig(oneModel(backend(server.url, more)), settings);
  cleanups.push(
    () => rig.stop(),
    () => server.stop(),
  );
  return { server, rig };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(what: () => unknown, ms = 2000): Promise<number> {
  const started = performance.now();
  while (!what()) {
    if (performance.now() - started > ms) throw new Error("it did not happen in time");
    await sleep(2);
  }
  return performance.now() - started;
}

/** The chunks as they arrive. */
async function chunksOf(response: Response, onChunk = (_text: string) => {}): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) {
    const text = Buffer.from(chunk).toString();
    chunks.push(text);
    onChunk(text);
  }
  return chunks;
}

const dataOf = (text: string) => text.split("\n\n").filter((event) => event.startsWith("data: "));
const errorIn = (text: string) => JSON.parse(dataOf(text).at(-1)?.slice(6) ?? "").error;

describe("event by event", () => {
  test("each of 50 chunks arrives by itself, before the next one is made", async () => {
    const arrived = new Turnstile();
    const { rig } = await start(stream({ tokens: 50, pace: () => arrived.pass() }));
    const response = await rig.chat({ stream: true });
    const chunks = await chunksOf(response, (text) => {
      if (text.includes("content")) arrived.open();
    });
    const content = chunks.filter((text) => text.includes("content"));
    expect(content.length).toBe(50);
    expect(content.every((text) => dataOf(text).length === 1 && text.endsWith("\n\n"))).toBeTrue();
  });

  test("headers of a stream", async () => {
    const { rig } = await start(stream({ headers: { "cache-control": "max-age=9", "set-cookie": "a=b" } }));
    const { headers } = await rig.chat({ stream: true });
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(headers.get("x-accel-buffering")).toBe("no");
    expect(headers.has("set-cookie")).toBeFalse();
  });

  test("an event in pieces leaves whole; bytes are kept", async () => {
    const events = [
      `event: x\r\ndata: {"choices":[{"delta":{"content":"ü"}}]}\r\n\r\n`,
      ": own comment\n\n",
      "data: [DONE]\n\n",
    ];
    const { rig } = await start(async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      for (const byte of Buffer.from(events.join(""))) {
        response.write(Buffer.of(byte));
        await sleep(0);
      }
      response.end();
    });
    const chunks = await chunksOf(await rig.chat({ stream: true }));
    expect(chunks.join("")).toBe(events.join(""));
    expect(chunks.every((chunk) => /\n\r?\n$/.test(chunk))).toBeTrue();
  });

  test("events that came together leave together, the usage that nobody asked for taken out", async () => {
    const delta = (text: string) => `data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`;
    const { rig } = await start((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        `${delta("a")}${delta("b")}data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\n${delta("c")}`,
      );
      setTimeout(() => response.end("data: [DONE]\n\n"), 50);
    });
    const chunks = await chunksOf(await rig.chat({ stream: true }));
    expect(chunks).toEqual([delta("a") + delta("b") + delta("c"), "data: [DONE]\n\n"]);
    expect(rig.ledger.rows).toMatchObject([{ completionTokens: USAGE.completion_tokens, outcome: "ok" }]);
  });

  test("a slow reader holds the model server back", async () => {
    let sent = 0;
    const event = `data: {"x":"${"y".repeat(64 * 1024)}"}\n\n`;
    const { rig } = await start((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const pump = () => {
        while (sent < 128 << 20 && response.write(event)) sent += event.length;
      };
      response.on("drain", pump);
      pump();
    });
    const reader = (await rig.chat({ stream: true })).body?.getReader();
    await reader?.read();
    await sleep(400);
    expect(sent).toBeLessThan(48 << 20);
    await reader?.cancel();
  });

  test("an event without end is a cut, not memory without end", async () => {
    const { rig } = await start((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const pump = () => {
        while (!response.destroyed && response.write("x".repeat(1 << 20)));
      };
      response.on("drain", pump);
      pump();
    });
    expect(errorIn(await (await rig.chat({ stream: true })).text()).code).toBe("backend_stream_cut");
  });
});

describe("token counts", () => {
  const asked = (server: ModelServer) => JSON.parse(server.calls[0]?.body.toString() ?? "").stream_options;

  test("asked for upstream, dropped when the caller did not ask", async () => {
    for (const options of [{}, { stream_options: null }, { stream_options: { include_usage: false } }]) {
      const { server, rig } = await start();
      const text = await (await rig.chat({ stream: true, ...options })).text();
      expect(asked(server)).toEqual({ include_usage: true });
      expect(text).not.toContain("usage");
      expect(dataOf(text).length).toBe(6);
      expect(rig.ledger.rows).toMatchObject([
        { promptTokens: 7, completionTokens: 5, tokenSource: "backend", outcome: "ok", streamed: true },
      ]);
      expect(rig.used).toEqual([["0xcaller", 12]]);
    }
  });

  test("the caller's other stream options stay; one that asked gets the chunk", async () => {
    const { server, rig } = await start();
    const text = await (await rig.chat({ stream: true, stream_options: { include_usage: true, x: 1 } })).text();
    expect(asked(server)).toEqual({ include_usage: true, x: 1 });
    expect(text).toContain(`"choices":[],"usage":{"prompt_tokens":7`);
    const merged = await start();
    await (await merged.rig.chat({ stream: true, stream_options: { x: 1 } })).text();
    expect(asked(merged.server)).toEqual({ x: 1, include_usage: true });
  });

  test("completions too; other routes and servers that refuse the field are left alone", async () => {
    const completions = await start();
    await (await completions.rig.post("/v1/completions", { model: "tiny", prompt: "x", stream: true })).text();
    expect(asked(completions.server)).toEqual({ include_usage: true });
    for (const [path, more] of [
      ["/v1/chat/completions", { streamUsage: false }],
      ["/v1/responses", { routes: ["/v1/responses"] }],
    ] as const) {
      const { server, rig } = await start(stream(), {}, more);
      await (await rig.post(path, { model: "tiny", stream: true })).text();
      expect(asked(server)).toBeUndefined();
    }
  });

  test("no usage comes: chunks with content are counted", async () => {
    const { rig } = await start(stream({ tokens: 9, usage: null }));
    await (await rig.chat({ stream: true })).text();
    expect(rig.ledger.rows).toMatchObject([{ promptTokens: null, completionTokens: 9, tokenSource: "counted" }]);
  });

  test("the responses API tells its usage in its last event", async () => {
    const { rig } = await start(
      (_received, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`event: response.output_text.delta\ndata: {"delta":"a"}\n\n`);
        response.write(`data: {"response":{"usage":{"input_tokens":4,"output_tokens":2}}}\n\n`);
        response.end();
      },
      {},
      { routes: ["/v1/responses"] },
    );
    const text = await (await rig.post("/v1/responses", { model: "tiny", stream: true })).text();
    expect(text).toContain("input_tokens");
    expect(rig.ledger.rows).toMatchObject([{ promptTokens: 4, completionTokens: 2, outcome: "ok" }]);
  });

  test("the first token is timed: headers and an empty first chunk are none", async () => {
    const { rig } = await start(async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n`);
      await sleep(80);
      response.end(`data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n`);
    });
    await (await rig.chat({ stream: true })).text();
    expect(rig.ledger.rows[0]?.firstTokenMs).toBeGreaterThan(70);
    expect(await rig.metric("fxn_inference_first_token_seconds", { model: "tiny" })).toBeDefined();
  });
});

describe("a model server that dies in mid-stream ends in an error event, never cleanly", () => {
  for (const end of ["cut", "reset", "hang", "close"] satisfies StreamOptions["end"][]) {
    test(end, async () => {
      const { rig } = await start(stream({ tokens: 3, end }), { proxy: { idleTimeout: 100 } });
      const text = await (await rig.chat({ stream: true })).text();
      expect(errorIn(text)).toMatchObject({ code: "backend_stream_cut", type: "server_error" });
      expect(text).not.toContain("[DONE]");
      expect(dataOf(text).length).toBe(4);
      expect(rig.ledger.rows).toMatchObject([{ outcome: "cut", completionTokens: 3, tokenSource: "counted" }]);
    });
  }

  test("half an event is not passed on", async () => {
    const { rig } = await start(async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: {"choices":[]}\n\ndata: {"half`);
      await sleep(20);
      response.socket?.destroy();
    });
    const text = await (await rig.chat({ stream: true })).text();
    expect(text).not.toContain("half");
    expect(errorIn(text).code).toBe("backend_stream_cut");
  });

  test("a proper end without [DONE] is an end, its last line without a blank one passes", async () => {
    const { rig } = await start((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: {"choices":[{"text":"a"}]}\n\ndata: {"last":1}`);
    });
    const text = await (await rig.chat({ stream: true })).text();
    expect(text).toEndWith(`data: {"last":1}`);
    expect(rig.ledger.rows).toMatchObject([{ outcome: "ok" }]);
  });

  for (const talks of [false, true]) {
    const how = talks ? "goes on" : "does not hang up";
    test(`a server that says [DONE] and ${how} keeps nobody waiting for long, and loses its connection`, async () => {
      const { server, rig } = await start((_received, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: [DONE]\n\n");
        if (talks) setTimeout(() => response.write(": still here\n\n"), 50);
      });
      const started = performance.now();
      expect(await (await rig.chat({ stream: true })).text()).toBe("data: [DONE]\n\n");
      expect(performance.now() - started).toBeLessThan(2000);
      expect(rig.ledger.rows).toMatchObject([{ outcome: "ok" }]);
      await until(() => server.calls[0]?.abortedAt);
    });
  }

  test("an answer that is no stream breaks too: refused while it is short, broken off when it is long", async () => {
    const cut =
      (bytes: number): Behaviour =>
      async (_received, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": bytes });
        response.write("x".repeat(1000));
        await sleep(20);
        response.socket?.destroy();
      };
    const { server, rig } = await start(cut(2000));
    const refused = await rig.chat();
    expect([refused.status, errorIn(`data: ${await refused.text()}`).code]).toEqual([502, "backend_unreachable"]);
    server.behave = cut(1_000_000);
    const outcome = await rig
      .chat()
      .then((response) => response.text())
      .then(
        () => "a clean end",
        () => "broken",
      );
    expect(outcome).toBe("broken");
    expect(rig.ledger.rows.map((row) => row.outcome)).toEqual(["cut", "cut"]);
  });
});

describe("heartbeats", () => {
  const soon = { proxy: { heartbeatInterval: 40 } };

  test("a slow first token: 200 at once and comments until it comes", async () => {
    const { rig } = await start(after(150, stream()), soon);
    const response = await rig.chat({ stream: true });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const text = await response.text();
    expect(text).toStartWith(": heartbeat\n\n: heartbeat\n\n");
    expect(text.replaceAll(": heartbeat\n\n", "")).toStartWith("data: ");
    expect(text).toEndWith("data: [DONE]\n\n");
    expect(rig.ledger.rows).toMatchObject([{ outcome: "ok", status: 200 }]);
  });

  test("silence between events: comments, never inside an event", async () => {
    let silentMs = 0;
    const { rig } = await start(async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\ndata: tw");
      const began = performance.now();
      await sleep(150);
      silentMs = performance.now() - began;
      response.end("o\n\ndata: [DONE]\n\n");
    }, soon);
    const text = await (await rig.chat({ stream: true })).text();
    expect(text).toMatch(/^data: one\n\n(: heartbeat\n\n)+data: two\n\ndata: \[DONE\]\n\n$/);
    // One each 40 ms; a busy machine may be late with some, never early.
    expect(text.match(/heartbeat/g)?.length).toBeLessThanOrEqual(silentMs / 40);
  });

  test("an answer that is no stream has none", async () => {
    const { rig } = await start(after(150, json({ ok: true })), soon);
    expect(await (await rig.chat()).text()).toBe(`{"ok":true}`);
  });

  test("a quick answer keeps its status", async () => {
    const { rig } = await start(json({ error: { message: "no" } }, 422), soon);
    expect((await rig.chat({ stream: true })).status).toBe(422);
  });

  const late: Record<string, [Behaviour, status: number, message: string]> = {
    "the server's own error": [json({ error: { message: "context too long" } }, 400), 400, "context too long"],
    "an error in no known form": [json("<html>", 503), 503, "the model server answered 503"],
    "an answer that is no stream": [json({}), 502, "the model server did not answer with a stream"],
    "no answer at all": [
      (_r, response) => void response.socket?.destroy(),
      502,
      "the model server could not be reached",
    ],
  };
  for (const [name, [then, status, message]] of Object.entries(late)) {
    test(`late: ${name} becomes an error event`, async () => {
      const { rig } = await start(after(100, then), soon);
      const response = await rig.chat({ stream: true });
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(errorIn(text).message).toBe(message);
      expect(text).not.toContain("[DONE]");
      expect(rig.ledger.rows).toMatchObject([{ outcome: "error", status }]);
    });
  }
});

describe("a caller that leaves is seen by the model server within 200 ms", () => {
  async function leaves(behave: Behaviour, settings: Settings, leave: (rig: InferenceRig) => Promise<AbortController>) {
    const { server, rig } = await start(behave, settings);
    const abort = await leave(rig);
    abort.abort();
    await until(() => server.calls[0]?.abortedAt, 200);
    await until(() => rig.ledger.rows.length === 1);
    expect(rig.ledger.rows).toMatchObject([{ outcome: "cancelled", status: 499 }]);
    expect(await rig.metric("fxn_inference_cancelled_total", { model: "tiny" })).toBe(1);
    expect(await rig.metric("fxn_backend_inflight")).toBe(0);
    expect(rig.ended).toBe(1);
    return rig;
  }

  const ask = (rig: InferenceRig, more: object) => {
    const abort = new AbortController();
    const response = rig.chat(more, { signal: abort.signal });
    response.catch(() => {});
    return { abort, response };
  };

  for (const [name, more] of [
    ["before the first token of a stream", { stream: true }],
    ["before a plain answer", {}],
  ] as const) {
    test(name, () =>
      leaves(hang(), {}, async (rig) => {
        const { abort } = ask(rig, more);
        await sleep(60);
        return abort;
      }),
    );
  }

  test("between heartbeats", () =>
    leaves(hang(), { proxy: { heartbeatInterval: 20 } }, async (rig) => {
      const { abort, response } = ask(rig, { stream: true });
      await (await response).body?.getReader().read();
      return abort;
    }));

  test("after the third chunk; what it got is counted", async () => {
    const rig = await leaves(stream({ tokens: 500, everyMs: 20 }), {}, async (rig) => {
      const { abort, response } = ask(rig, { stream: true });
      const reader = (await response).body?.getReader();
      for (let i = 0; i < 3; i++) await reader?.read();
      return abort;
    });
    expect(rig.ledger.rows[0]?.completionTokens).toBeGreaterThanOrEqual(3);
    expect(rig.ledger.rows[0]?.completionTokens).toBeLessThan(10);
  });

  test("in the middle of a large plain answer", () =>
    leaves(
      async (_received, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": 10_000_000 });
        response.write("x".repeat(1000));
        await sleep(20);
        response.write("x".repeat(1000));
      },
      {},
      async (rig) => {
        const { abort, response } = ask(rig, {});
        await (await response).body?.getReader().read();
        return abort;
      },
    ));

  test("one that has all of it and then leaves was served", async () => {
    const { rig } = await start();
    const abort = new AbortController();
    await (await rig.chat({ stream: true }, { signal: abort.signal })).text();
    abort.abort();
    await sleep(20);
    expect(rig.ledger.rows).toMatchObject([{ outcome: "ok", completionTokens: USAGE.completion_tokens }]);
    expect(rig.ended).toBe(1);
  });
});
