import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { backend, InferenceRig, oneModel } from "../../test/fakes/inference-rig.ts";
import { json, ModelServer, stream } from "../../test/fakes/model-server.ts";
import type { TextCall, TextEnd } from "../core/text.ts";
import { createText } from "./text.ts";

let model: ModelServer;
let rig: InferenceRig;
beforeEach(async () => {
  model = await ModelServer.start();
  rig = new InferenceRig(oneModel(backend(model.url)));
});
afterEach(() => {
  rig.stop();
  model.stop();
});

const never = new AbortController().signal;
const CHAT: TextCall = {
  id: "req_1",
  network: "toy",
  caller: "npub1x",
  model: "tiny",
  prompt: [{ role: "user", content: "Hello!" }],
  maxTokens: 7,
  temperature: 0.5,
  signal: never,
};

async function read(call: Partial<TextCall> = {}): Promise<{ pieces: string[]; end: TextEnd }> {
  const text = createText(rig.inference).generate({ ...CHAT, ...call });
  const pieces: string[] = [];
  for (;;) {
    const next = await text.next();
    if (next.done) return { pieces, end: next.value };
    pieces.push(next.value);
  }
}

async function codeOf(call: Partial<TextCall> = {}): Promise<unknown> {
  return read(call).then(
    () => "whole",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
}

const lastBody = (): unknown => JSON.parse(String(model.calls.at(-1)?.body));
const sse = (...events: unknown[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
const answer = (text: string) => {
  model.behave = (_received, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(text);
  };
};
const delta = (content: string, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

describe("text from the inference service", () => {
  test("comes piece by piece, with the reason and the counts at its end, and is metered", async () => {
    model.behave = stream({ tokens: 3 });
    const { pieces, end } = await read();
    expect(pieces).toEqual(["t0", "t1", "t2"]);
    expect(end.reason).toBe("stop");
    expect(lastBody()).toMatchObject({
      model: "tiny",
      messages: [{ role: "user", content: "Hello!" }],
      max_tokens: 7,
      temperature: 0.5,
      stream: true,
    });
    expect(rig.ledger.rows.at(-1)).toMatchObject({ network: "toy", caller: "npub1x", model: "tiny", outcome: "ok" });
  });

  test("what a quorum's answers depend on reaches the model server, and what is not given does not", async () => {
    model.behave = stream({ tokens: 1 });
    await read({ maxTokens: undefined, maxCompletionTokens: 512, topK: -1, seed: 42 });
    expect(lastBody()).toMatchObject({ max_completion_tokens: 512, top_k: -1, seed: 42 });
    expect(lastBody()).not.toHaveProperty("max_tokens");
    await read();
    for (const name of ["max_completion_tokens", "top_k", "seed"]) expect(lastBody()).not.toHaveProperty(name);
  });

  test("the model server's counts reach the network although it did not ask for them itself", async () => {
    const usage = { prompt_tokens: 11, completion_tokens: 2, total_tokens: 13 };
    answer(sse(delta("a"), delta("b", "length"), { choices: [], usage }, "[DONE]"));
    expect(await read()).toEqual({
      pieces: ["a", "b"],
      end: { reason: "length", promptTokens: 11, completionTokens: 2 },
    });
  });

  test("a plain text is continued by /v1/completions", async () => {
    answer(
      sse(
        { choices: [{ text: "x", finish_reason: null }] },
        { choices: [{ text: "", finish_reason: "stop" }] },
        "[DONE]",
      ),
    );
    expect((await read({ prompt: "Once" })).pieces).toEqual(["x"]);
    expect(lastBody()).toMatchObject({ prompt: "Once" });
    expect(model.calls.at(-1)?.path).toBe("/v1/completions");
  });

  test("a server that does not stream gives one piece", async () => {
    const message = { role: "assistant", content: "whole" };
    model.behave = json({
      choices: [{ message, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
    expect(await read()).toEqual({ pieces: ["whole"], end: { reason: "stop", promptTokens: 1, completionTokens: 2 } });
  });

  test("half an answer is never passed off as a whole one", async () => {
    model.behave = stream({ tokens: 3, end: "cut" });
    expect(await codeOf()).toBe("backend_stream_cut");
    answer(sse(delta("a")));
    expect(await codeOf()).toBe("backend_stream_cut");
    answer(sse(delta("a"), { error: { message: "out of memory" } }));
    expect(await codeOf()).toBe("backend_stream_cut");
  });

  test("an answer that is none, a refusal, an unknown model", async () => {
    answer(sse("nonsense"));
    expect(await codeOf()).toBe("backend_bad_response");
    model.behave = json({ fine: true });
    expect(await codeOf()).toBe("backend_bad_response");
    model.behave = json({ error: { message: "bad prompt: Hello!" } }, 400);
    const refused = await read().catch(String);
    expect(refused).toContain("answered 400");
    expect(refused).not.toContain("Hello");
    expect(await codeOf({ model: "nope" })).toBe("model_not_found");
  });

  test.each([
    [404, "backend_route_missing"],
    [405, "backend_route_missing"],
    [501, "backend_route_missing"],
    [429, "backend_busy"],
    [503, "backend_busy"],
    [500, "backend_error"],
  ])("a refusal by %i is %s", async (status, code) => {
    model.behave = json({ error: { message: "no" } }, status);
    expect(await codeOf()).toBe(code);
  });

  test("who reads no further, or leaves, is gone for the model server as well", async () => {
    model.behave = stream({ tokens: 500, everyMs: 10 });
    for await (const _piece of createText(rig.inference).generate(CHAT)) break;
    const leaving = new AbortController();
    const rest = read({ signal: leaving.signal }).catch(() => "left");
    await Bun.sleep(50);
    leaving.abort();
    expect(await rest).toBe("left");
    await Bun.sleep(50);
    expect(model.calls.filter(({ abortedAt }) => abortedAt !== undefined)).toHaveLength(2);
  });
});
