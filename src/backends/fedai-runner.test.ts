import { afterEach, beforeEach, expect, test } from "bun:test";
import { fedaiDialect } from "../../test/fakes/backend-dialects.ts";
import { openHttpRig } from "../../test/fakes/http-backend-rig.ts";
import { json } from "../../test/fakes/model-server.ts";
import { type BackendCall, BackendError } from "../core/backend.ts";
import { fedaiRunner } from "./fedai-runner.ts";

let rig: Awaited<ReturnType<typeof openHttpRig>>;
beforeEach(async () => {
  rig = await openHttpRig(fedaiRunner, "fedai-runner", fedaiDialect);
  await rig.behave("healthy");
});
afterEach(() => rig.stop());

const never = () => new AbortController().signal;
const call = (path: string, body: object): BackendCall => ({
  ...{ method: "POST", path, headers: { "x-request-id": "req_1" } },
  body: Buffer.from(JSON.stringify({ model: "tiny", ...body })),
});
const completion = (more: object = {}) => call("/v1/completions", { prompt: "Hi", ...more });

async function ask(asked: BackendCall) {
  const { status, body } = await rig.backend.send(asked, never());
  return { status, text: Buffer.concat(await Array.fromAsync(body)).toString() };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof BackendError ? error.code : String(error)),
  );

test("a completion, and a chat of one message, are one prompt to /infer", async () => {
  const { text } = await ask(completion({ temperature: 0.5, top_p: 0.9, max_tokens: 8 }));
  expect(JSON.parse(rig.server.received.at(-1)?.body.toString() ?? "")).toEqual({
    ...{ requestId: "req_1", modelId: "tiny", prompt: "Hi", maxTokens: 8, temperature: 0.5, topP: 0.9 },
  });
  expect(rig.server.received.at(-1)?.path).toBe("/canary/infer");
  expect(JSON.parse(text)).toMatchObject({
    ...{ id: "cmpl-req_1", object: "text_completion" },
    choices: [{ index: 0, text: "hello", finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
  await ask(call("/v1/chat/completions", { messages: [{ role: "user", content: "Ho" }] }));
  expect(JSON.parse(rig.server.received.at(-1)?.body.toString() ?? "")).toEqual({
    ...{ requestId: "req_1", modelId: "tiny", prompt: "Ho", maxTokens: 4096 },
  });
});

test("an answer of as many tokens as were allowed was cut there", async () => {
  expect((await ask(completion({ max_tokens: 2 }))).text).toContain(`"finish_reason":"length"`);
  expect((await ask(completion({ max_tokens: 2, stream: true }))).text).toContain(`"finish_reason":"length"`);
});

test("a stream of a completion is one text and [DONE]", async () => {
  const { text } = await ask(completion({ stream: true }));
  const events = text.trimEnd().split("\n\n");
  expect(
    events.map((event) => (event.includes("[DONE]") ? "done" : JSON.parse(event.slice(6)).choices[0].text)),
  ).toEqual([...["hello", "", "done"]]);
});

test("a chat with a history or a system message, and stop, are refused: it knows no template", async () => {
  for (const body of [
    {
      messages: [
        { role: "system", content: "x" },
        { role: "user", content: "y" },
      ],
    },
    {
      messages: [
        { role: "user", content: "x" },
        { role: "assistant", content: "y" },
        { role: "user", content: "z" },
      ],
    },
    { messages: [{ role: "assistant", content: "y" }] },
    { messages: [{ role: "user", content: "x" }], stop: "END" },
  ]) {
    const { status, text } = await ask(call("/v1/chat/completions", body));
    expect([status, JSON.parse(text).error.code]).toEqual([400, "unsupported_request"]);
  }
  for (const more of [{ prompt: ["a", "b"] }, { echo: true }, { best_of: 2 }, { suffix: "x" }, { prompt: [1, 2] }]) {
    expect((await ask(completion(more))).status).toBe(400);
  }
  expect(rig.server.received).toEqual([]);
});

test("an answer that is not of its form, or of another request, is none", async () => {
  const good = {
    requestId: "req_1",
    modelId: "tiny",
    output: "x",
    usage: { inputTokens: 1, outputTokens: 1 },
    latencyMs: 1,
  };
  rig.server.behave = json(good);
  expect(await codeOf(ask(completion()))).toBe("no error");
  for (const change of [
    { requestId: "req_2" },
    { output: undefined },
    { output: 7 },
    { usage: undefined },
    { usage: { inputTokens: -1, outputTokens: 1 } },
    { usage: { inputTokens: 1.5, outputTokens: 1 } },
    { latencyMs: "1" },
  ]) {
    rig.server.behave = json({ ...good, ...change });
    expect(await codeOf(ask(completion()))).toBe("bad_response");
  }
  rig.server.behave = json("{", 200);
  expect(await codeOf(ask(completion()))).toBe("bad_response");
  rig.server.behave = json({}, 302, { location: "/x" });
  expect(await codeOf(ask(completion()))).toBe("bad_response");
});
