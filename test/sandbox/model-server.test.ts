// The test model server, asked by the official SDK: real engine, real embeddings, real disconnects.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError } from "openai";
import { z } from "zod";
import { type ModelServer, startModelServer } from "./spawn.ts";
import { tinyLlama, tinyLlamaFile } from "./tiny-llama.ts";

const TEXT = "tiny-llama";
const cacheDir = mkdtempSync(join(tmpdir(), "fxn-model-"));
const question = { model: TEXT, messages: [{ role: "user" as const, content: "Where does the river go?" }] };

const counts = z.object({ active: z.int(), finished: z.int(), cancelled: z.int() });

let server: ModelServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startModelServer({ cacheDir });
  client = sdk(server);
});

afterAll(async () => {
  await server.stop();
  rmSync(cacheDir, { recursive: true, force: true });
});

function sdk({ url }: ModelServer): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
}

async function generations({ url }: ModelServer) {
  const response = await fetch(`${url}/debug/generations`);
  return counts.parse(await response.json());
}

/** Polls for at most two seconds. */
async function eventually(condition: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    if (await condition()) return true;
    await Bun.sleep(20);
  }
  return false;
}

async function refusal(call: Promise<unknown>): Promise<APIError> {
  const error = await call.catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error("the call was not refused");
}

describe("chat", () => {
  test("answers in words, as many tokens as asked for, and counts them", async () => {
    const answer = await client.chat.completions.create({ ...question, max_tokens: 40 });
    expect(answer.choices[0]?.message.content).toMatch(/^[a-z]+( [a-z]+|\.)+$/);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(40);
    expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + 40);
  });

  test("streams one event per token, then the usage that was asked for", async () => {
    const stream = await client.chat.completions.create({
      ...question,
      max_completion_tokens: 30,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean);
    expect(pieces).toHaveLength(30);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.at(0)?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 30 } });
  });

  test("sends no usage chunk unasked", async () => {
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...question, stream: true }));
    expect(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage)).toBe(true);
  });

  test("the seed decides, streamed or not", async () => {
    const ask = { ...question, max_tokens: 20, seed: 7 };
    const whole = await client.chat.completions.create(ask);
    const chunks = await Array.fromAsync(await client.chat.completions.create({ ...ask, stream: true }));
    const other = await client.chat.completions.create({ ...ask, seed: 8 });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(
      whole.choices[0]?.message.content ?? "",
    );
    expect(other.choices[0]?.message.content).not.toBe(whole.choices[0]?.message.content);
  });

  test("stops before a stop sequence", async () => {
    const ask = { ...question, max_tokens: 200, seed: 7 };
    const free = (await client.chat.completions.create(ask)).choices[0]?.message.content ?? "";
    const stopped = await client.chat.completions.create({ ...ask, stop: ". " });
    expect(stopped.choices[0]?.message.content).toBe(free.slice(0, free.indexOf(". ")));
    expect(stopped.choices[0]?.finish_reason).toBe("stop");
  });

  test("reads content parts, and a longer prompt has more tokens", async () => {
    const parts = [
      { type: "text" as const, text: "Where does" },
      { type: "text" as const, text: "the river go, and why?" },
    ];
    const short = await client.chat.completions.create({ ...question, max_tokens: 1 });
    const long = await client.chat.completions.create({
      model: TEXT,
      messages: [{ role: "user", content: parts }],
      max_tokens: 1,
    });
    expect(long.usage?.prompt_tokens ?? 0).toBeGreaterThan(short.usage?.prompt_tokens ?? Infinity);
  });
});

describe("completions", () => {
  test("whole and streamed", async () => {
    const ask = { model: TEXT, prompt: "the quiet", max_tokens: 12, temperature: 0 };
    const whole = await client.completions.create(ask);
    const chunks = await Array.fromAsync(await client.completions.create({ ...ask, stream: true }));
    // <s>, ▁the, ▁quiet
    expect(whole.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 12 });
    expect(whole.choices[0]?.text).toStartWith(" ");
    expect(chunks.map((chunk) => chunk.choices[0]?.text).join("")).toBe(whole.choices[0]?.text ?? "");
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("length");
  });
});

describe("embeddings", () => {
  const model = "embeddings-en";
  const cosine = (a: number[], b: number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b);

  test("know that a kitten is more of a cat than an airplane is", async () => {
    const { data, usage } = await client.embeddings.create({ model, input: ["cat", "kitten", "airplane"] });
    const [cat = [], kitten = [], airplane = []] = data.map(({ embedding }) => embedding);
    expect(cat).toHaveLength(512);
    expect(cosine(cat, kitten)).toBeGreaterThan(cosine(cat, airplane) + 0.2);
    expect(usage.prompt_tokens).toBeGreaterThanOrEqual(3);
  });

  test("are the same numbers as floats and as base64", async () => {
    const asFloats = await client.embeddings.create({ model, input: "cat", encoding_format: "float" });
    const asBase64 = await client.embeddings.create({ model, input: "cat", encoding_format: "base64" });
    const bytes = Buffer.from(String(asBase64.data[0]?.embedding), "base64");
    const decoded = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
    expect(decoded).toEqual((asFloats.data[0]?.embedding ?? []).map(Math.fround));
  });
});

describe("refusals", () => {
  test("an unknown model, a model of the wrong kind, a bad field, a prompt beyond the context", async () => {
    const { messages } = question;
    const unknown = await refusal(client.chat.completions.create({ model: "none", messages }));
    expect(unknown).toMatchObject({ status: 404, code: "model_not_found", type: "invalid_request_error" });
    const wrongKind = await refusal(client.embeddings.create({ model: TEXT, input: "cat" }));
    expect(wrongKind).toMatchObject({ status: 400, param: "model" });
    const badField = await refusal(client.chat.completions.create({ ...question, temperature: 9 }));
    expect(badField).toMatchObject({ status: 400, param: "temperature" });
    const tooLong = await refusal(
      client.completions.create({ model: TEXT, prompt: "the river ".repeat(2000), stream: true }),
    );
    expect(tooLong).toMatchObject({ status: 400, code: "context_length_exceeded" });
  });

  test("a body that is not JSON", async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body: "{" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  });
});

test("lists its models and answers health checks", async () => {
  const models = await Array.fromAsync(await client.models.list());
  expect(models.map(({ id }) => id)).toEqual([...server.models]);
  expect((await client.models.retrieve(TEXT)).id).toBe(TEXT);
  expect((await refusal(client.models.retrieve("none"))).status).toBe(404);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});

test("the model file is the same each time, and is written once", () => {
  const path = tinyLlamaFile(cacheDir);
  expect(readFileSync(path).equals(tinyLlama())).toBe(true);
});

describe("at the pace of a larger model", () => {
  const paceMs = 10;
  let slow: ModelServer;

  beforeAll(async () => {
    slow = await startModelServer({ cacheDir, paceMs });
  });
  afterAll(() => slow.stop());

  test("a caller who leaves a stream stops its generation", async () => {
    const stream = await sdk(slow).chat.completions.create({ ...question, stream: true, max_tokens: 1000 });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    const left = performance.now();
    expect(await eventually(async () => (await generations(slow)).active === 0)).toBe(true);
    expect(performance.now() - left).toBeLessThan(500);
    expect(await generations(slow)).toMatchObject({ finished: 0, cancelled: 1 });
  });

  test("a caller who leaves a whole answer stops its generation", async () => {
    const before = await generations(slow);
    const leaving = new AbortController();
    const asked = sdk(slow).chat.completions.create({ ...question, max_tokens: 1000 }, { signal: leaving.signal });
    expect(await eventually(async () => (await generations(slow)).active === 1)).toBe(true);
    leaving.abort();
    await refusal(asked);
    expect(await eventually(async () => (await generations(slow)).active === 0)).toBe(true);
    expect(await generations(slow)).toMatchObject({ finished: 0, cancelled: before.cancelled + 1 });
  });

  test("two streams advance together", async () => {
    const order: string[] = [];
    const read = async (name: string) => {
      for await (const _ of await sdk(slow).chat.completions.create({ ...question, stream: true, max_tokens: 20 })) {
        order.push(name);
      }
    };
    await Promise.all([read("a"), read("b")]);
    expect(order.indexOf("b")).toBeLessThan(order.lastIndexOf("a"));
    expect(order.indexOf("a")).toBeLessThan(order.lastIndexOf("b"));
  });

  test("more callers than the engine has sequences are all served, in turn", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sdk(slow).chat.completions.create({ ...question, max_tokens: 3 })),
    );
    expect(answers.map((answer) => answer.usage?.completion_tokens)).toEqual(Array(20).fill(3));
    expect((await generations(slow)).active).toBe(0);
  });

  test("a caller who leaves while waiting gives up only its own place", async () => {
    const before = await generations(slow);
    const ask = (signal: AbortSignal) =>
      refusal(sdk(slow).chat.completions.create({ ...question, max_tokens: 1000 }, { signal }));
    const [running, waiting] = [new AbortController(), new AbortController()];
    const asked = Array.from({ length: 16 }, () => ask(running.signal));
    expect(await eventually(async () => (await generations(slow)).active === 16)).toBe(true);
    asked.push(ask(waiting.signal));
    expect(await eventually(async () => (await generations(slow)).active === 17)).toBe(true);
    waiting.abort();
    expect(await eventually(async () => (await generations(slow)).active === 16)).toBe(true);
    running.abort();
    expect(await eventually(async () => (await generations(slow)).active === 0)).toBe(true);
    await Promise.all(asked);
    expect(await generations(slow)).toEqual({ ...before, cancelled: before.cancelled + 17 });
  });
});
