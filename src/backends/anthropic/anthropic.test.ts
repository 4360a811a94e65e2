import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { anthropicDialect, named } from "../../../test/fakes/backend-dialects.ts";
import { openHttpRig } from "../../../test/fakes/http-backend-rig.ts";
import { type Behaviour, json } from "../../../test/fakes/model-server.ts";
import { type BackendCall, BackendError } from "../../core/backend.ts";
import { anthropic } from "./anthropic.ts";
import { textsOf } from "./stream.ts";

let rig: Awaited<ReturnType<typeof openHttpRig>>;
beforeEach(async () => {
  rig = await openHttpRig(anthropic, "anthropic", anthropicDialect);
  await rig.behave("healthy");
});
afterEach(() => rig.stop());

const never = () => new AbortController().signal;
const chat = (more: object = {}): BackendCall => ({
  method: "POST",
  path: "/v1/chat/completions",
  headers: { "content-type": "application/json", "x-request-id": "req_1", "openai-beta": "x" },
  body: Buffer.from(JSON.stringify({ model: "claude", messages: [{ role: "user", content: "Hi" }], ...more })),
});

async function ask(call: BackendCall) {
  const { status, headers, body } = await rig.backend.send(call, never());
  return { status, headers, text: Buffer.concat(await Array.fromAsync(body)).toString() };
}
async function sent(more: object): Promise<Record<string, unknown>> {
  await ask(chat(more));
  return JSON.parse(rig.server.received.at(-1)?.body.toString() ?? "");
}
const streams =
  (...events: readonly string[]): Behaviour =>
  (_received, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(events.join(""));
  };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof BackendError ? error.code : String(error)),
  );

describe("a request", () => {
  test("goes to /v1/messages with the version and the key, and no header of OpenAI's", async () => {
    await ask(chat());
    expect(rig.server.received[0]).toMatchObject({ method: "POST", path: "/canary/v1/messages" });
    const { headers = {} } = rig.server.received[0] ?? {};
    expect([headers["anthropic-version"], headers["x-api-key"], headers["openai-beta"]]).toEqual([
      ...["2023-06-01", "canary", undefined],
    ]);
  });

  test("its members: system apart, limits, sampling, stop; what is not asked for is not sent", async () => {
    expect(await sent({})).toEqual({
      ...{ model: "claude", max_tokens: 4096, messages: [{ role: "user", content: "Hi" }], stream: false },
    });
    const messages = [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "a" },
          { type: "text", text: "b" },
        ],
      },
      { role: "assistant", content: "c" },
      { role: "developer", content: "In French." },
      { role: "user", content: "d" },
    ];
    const asked = {
      messages,
      max_tokens: 10,
      temperature: 1.5,
      top_p: 0.5,
      stop: "END",
      stream: true,
      seed: 7,
      user: "u",
    };
    expect(await sent(asked)).toEqual({
      model: "claude",
      max_tokens: 10,
      system: "Be brief.\n\nIn French.",
      messages: [
        { role: "user", content: "ab" },
        { role: "assistant", content: "c" },
        { role: "user", content: "d" },
      ],
      ...{ temperature: 1, top_p: 0.5, stop_sequences: ["END"], stream: true },
    });
    expect(await sent({ max_completion_tokens: 5, max_tokens: 9, stop: ["a", "b"] })).toMatchObject({
      ...{ max_tokens: 5, stop_sequences: ["a", "b"] },
    });
  });

  test.each([
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }],
    ["n", { n: 2 }],
    ["logprobs", { logprobs: true }],
    ["response_format", { response_format: { type: "json_object" } }],
    ["messages.0", { messages: [{ role: "tool", content: "x", tool_call_id: "1" }] }],
    ["messages.0", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "canary" } }] }] }],
    ["messages", { messages: [] }],
    ["max_tokens", { max_tokens: 0 }],
    ["model", { model: "" }],
  ])(
    "with %s that it cannot do is refused before anything is sent, and the prompt is not quoted",
    async (field, more) => {
      const { status, text } = await ask(chat(more));
      expect([status, JSON.parse(text).error.code]).toEqual([400, "unsupported_request"]);
      expect(text).toContain(`'${field}`);
      expect(text).not.toContain("canary");
      expect(rig.server.received).toEqual([]);
    },
  );

  test("of another route is refused", async () => {
    expect((await ask({ ...chat(), path: "/v1/embeddings" })).status).toBe(400);
  });
});

describe("an answer", () => {
  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["refusal", "content_filter"],
    ["a_new_one", "stop"],
  ])("that ended with %s ends with %s", async (stopReason, reason) => {
    rig.server.behave = json({
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      stop_reason: stopReason,
      usage: { input_tokens: 3, cache_read_input_tokens: 10, cache_creation_input_tokens: null, output_tokens: 2 },
    });
    expect(JSON.parse((await ask(chat())).text)).toMatchObject({
      ...{ id: "chatcmpl-req_1", object: "chat.completion", model: "claude" },
      choices: [{ message: { role: "assistant", content: "ab" }, finish_reason: reason }],
      usage: { prompt_tokens: 13, completion_tokens: 2, total_tokens: 15 },
    });
  });

  test("each text leaves as it comes, before the next one is there", async () => {
    const gate = Promise.withResolvers<void>();
    const [start = "", hel = "", ...rest] = anthropicDialect.events?.(received()) ?? [];
    rig.server.behave = async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(start + hel);
      await gate.promise;
      response.end(rest.join(""));
    };
    const { body } = await rig.backend.send(chat({ stream: true }), never());
    let text = "";
    for await (const piece of body) {
      text += Buffer.from(piece).toString();
      if (text.includes(`"content":"hel"`)) gate.resolve();
    }
    expect(text).toEndWith("data: [DONE]\n\n");
    expect(text).not.toContain(`"usage"`);
  });

  test("pings, new kinds of events and of deltas are passed over", async () => {
    const events = anthropicDialect.events?.(received()) ?? [];
    const odd = [
      named({ type: "ping" }),
      ": comment\n\n",
      named({ type: "brand_new", error: "no" }),
      named({ type: "content_block_delta", index: 1, delta: { type: "thinking_delta", thinking: "hm" } }),
    ];
    rig.server.behave = streams(events[0] ?? "", ...odd, ...events.slice(1));
    const { text } = await ask(chat({ stream: true }));
    expect(text.match(/"content":"[^"]+"/g)).toEqual([`"content":"hel"`, `"content":"lo"`]);
  });
});

describe("an error", () => {
  test.each([
    [400, "invalid_request_error", 400],
    [401, "authentication_error", 401],
    [429, "rate_limit_error", 429],
    [500, "api_error", 500],
    [529, "overloaded_error", 503],
  ])("of status %i is one in OpenAI's form, Retry-After with it", async (status, type, shown) => {
    rig.server.behave = json({ type: "error", error: { type, message: "so\nit is" } }, status, { "retry-after": "7" });
    const answer = await ask(chat({ stream: true }));
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([shown, "7"]);
    expect(JSON.parse(answer.text).error).toMatchObject({ message: "so it is", code: "backend_error" });
  });

  test("that is no JSON, or too long, has a message all the same", async () => {
    for (const body of ["<html>", "x".repeat(100_000)]) {
      rig.server.behave = json(body, 502);
      expect(JSON.parse((await ask(chat())).text).error.message).toBe("the model server answered 502");
    }
  });

  test("in place of a stream is an answer, so that another server may be tried; in the middle of one it is a cut", async () => {
    const overloaded = named({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
    const inPieces: Behaviour = async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of [overloaded.slice(0, 20), overloaded.slice(20)]) {
        response.write(piece);
        await Bun.sleep(10);
      }
      response.end();
    };
    for (const behave of [streams(overloaded), inPieces]) {
      rig.server.behave = behave;
      const first = await ask(chat({ stream: true }));
      expect([first.status, JSON.parse(first.text).error.message]).toEqual([503, "Overloaded"]);
    }
    const [start = "", hel = ""] = anthropicDialect.events?.(received()) ?? [];
    rig.server.behave = async (_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(start + hel);
      await Bun.sleep(20);
      response.end(overloaded);
    };
    expect(await codeOf(ask(chat({ stream: true })))).toBe("cut");
  });

  test("a stream that ends without message_stop was cut; a redirect, and JSON in place of a stream, are no answers", async () => {
    rig.server.behave = streams(...(anthropicDialect.events?.(received()) ?? []).slice(0, -1));
    expect(await codeOf(ask(chat({ stream: true })))).toBe("cut");
    rig.server.behave = json({}, 302, { location: "http://127.0.0.1:1/" });
    expect(await codeOf(ask(chat()))).toBe("bad_response");
    rig.server.behave = json({});
    expect(await codeOf(ask(chat({ stream: true })))).toBe("bad_response");
    rig.server.behave = streams(`data: {"type":"content_block_delta","delta":{"type":"text_delta","text":7}}\n\n`);
    expect(await codeOf(ask(chat({ stream: true })))).toBe("bad_response");
  });

  test("a key that is refused is not well; a server without that route is", async () => {
    for (const [status, outcome] of [
      [401, "unhealthy"],
      [403, "unhealthy"],
      [404, "no error"],
      [429, "no error"],
    ] as const) {
      rig.server.behave = json({}, status);
      expect(await codeOf(rig.backend.probe(never()))).toBe(outcome);
    }
  });
});

test("wherever the stream is cut into pieces, its texts are the same", async () => {
  const bytes = Buffer.from((anthropicDialect.events?.(received()) ?? []).join("").replace('"lo"', '"lö→🙂"'));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      async function* pieces() {
        for (let i = 1; i < at.length; i++) yield bytes.subarray(at[i - 1], at[i]);
      }
      const texts: string[] = [];
      const source = textsOf(pieces(), "x");
      let step = await source.next();
      for (; !step.done; step = await source.next()) texts.push(...step.value);
      expect([texts.join(""), step.value]).toEqual([
        "hellö→🙂",
        { reason: "stop", promptTokens: 3, completionTokens: 2 },
      ]);
    }),
  );
});

function received() {
  return { method: "POST", path: "/", headers: {}, body: Buffer.from("{}") };
}
