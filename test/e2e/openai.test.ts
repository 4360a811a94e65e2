// The official OpenAI client against the compiled node, with llama.cpp's engine behind it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { signedFetch } from "../sandbox/gateway.ts";
import { type ModelServer, startModelServer } from "../sandbox/spawn.ts";
import { fxn } from "./node.ts";
import { account, openWorld, type World } from "./world.ts";

const MODEL = "tiny-llama";
let cacheDir: string;
let engine: ModelServer;
let world: World;
let client: OpenAI;

beforeAll(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "fxn-gguf-"));
  engine = await startModelServer({ cacheDir, paceMs: 5 });
  world = await openWorld({
    backendUrl: engine.url,
    models: (url) => ({
      models: [
        { id: MODEL, aliases: ["gpt-4o-mini"], backends: [{ url }] },
        { id: "embeddings-en", backends: [{ url, routes: ["/v1/embeddings"] }] },
      ],
    }),
  });
  client = new OpenAI({
    apiKey: "unused",
    baseURL: `${world.node.url}/v1`,
    fetch: signedFetch(account("gateway")),
    maxRetries: 0,
  });
});
afterAll(async () => {
  await world.close();
  await engine.stop();
  rmSync(cacheDir, { recursive: true });
});

const messages = [{ role: "user" as const, content: "Tell me about the village." }];

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => "it went well",
    (error: unknown) => error,
  );
}

async function ledger(by: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await fxn(["ledger", "--home", world.home, "--by", by, "--json"]);
  const { rows }: { rows: Record<string, unknown>[] } = JSON.parse(stdout);
  return rows;
}

describe("the official client", () => {
  test("chat, whole: the engine's words and its token counts", async () => {
    const answer = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 12 });
    expect(answer.choices[0]?.message.content).toBeString();
    expect(answer.usage?.completion_tokens).toBe(12);
  });

  test("chat, streamed: token by token, no usage chunk that nobody asked for", async () => {
    const stream = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 20, stream: true });
    const at: number[] = [];
    for await (const chunk of stream) {
      expect(chunk.choices.length).toBe(1);
      expect(chunk.usage ?? undefined).toBeUndefined();
      if (chunk.choices[0]?.delta.content) at.push(performance.now());
    }
    expect(at.length).toBeGreaterThanOrEqual(19);
    expect(at.at(-1)! - at[0]!).toBeGreaterThan(50);
  });

  test("chat, streamed with usage asked for: the usage chunk is there", async () => {
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages,
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
    });
    let completion: number | undefined;
    for await (const chunk of stream) completion = chunk.usage?.completion_tokens ?? completion;
    expect(completion).toBe(5);
  });

  test("an alias is answered by the model that it means", async () => {
    const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages, max_tokens: 3 });
    expect(answer.model).toBe(MODEL);
  });

  test("completion, whole and streamed", async () => {
    const whole = await client.completions.create({ model: MODEL, prompt: "The river", max_tokens: 6 });
    expect(whole.usage?.completion_tokens).toBe(6);
    let text = "";
    for await (const chunk of await client.completions.create({
      model: MODEL,
      prompt: "The river",
      max_tokens: 6,
      stream: true,
    })) {
      text += chunk.choices[0]?.text ?? "";
    }
    expect(text.length).toBeGreaterThan(0);
  });

  test("embeddings: what is alike is near", async () => {
    const { data } = await client.embeddings.create({
      model: "embeddings-en",
      input: ["a cat", "a kitten", "an airplane"],
    });
    const [cat, kitten, plane] = data.map(({ embedding }) => embedding);
    expect(cosine(cat!, kitten!)).toBeGreaterThan(cosine(cat!, plane!));
  });

  test("models: every id and alias, one by name, and none that is not there", async () => {
    const listed = await client.models.list();
    expect(listed.data.map(({ id }) => id)).toEqual([MODEL, "gpt-4o-mini", "embeddings-en"]);
    expect(listed.data[0]).toMatchObject({ object: "model", owned_by: "fxn", fxn_id: MODEL });
    expect((await client.models.retrieve("gpt-4o-mini")).id).toBe("gpt-4o-mini");
    expect((await client.models.list()).data[0]?.created).toBe(listed.data[0]?.created);
    expect(await failure(client.models.retrieve("gpt-5"))).toMatchObject({ status: 404, code: "model_not_found" });
  });

  test("errors come as the client's own types", async () => {
    expect(await failure(client.chat.completions.create({ model: "gpt-5", messages }))).toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    const stranger = client.withOptions({ fetch: signedFetch(account("stranger")) });
    expect(await failure(stranger.models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
    const rerank = client.post("/rerank", { body: { model: MODEL } });
    expect(await failure(rerank)).toMatchObject({ status: 404, code: "route_not_found" });
  });

  test("leaving a stream stops the engine's generation", async () => {
    const stream = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 1000, stream: true });
    let seen = 0;
    for await (const _ of stream) if (++seen === 3) break;
    const deadline = performance.now() + 2000;
    for (;;) {
      const { active, cancelled }: { active: number; cancelled: number } = JSON.parse(
        await (await fetch(`${engine.url}/debug/generations`)).text(),
      );
      if (active === 0 && cancelled > 0) break;
      expect(performance.now()).toBeLessThan(deadline);
      await Bun.sleep(20);
    }
  });

  test("the ledger has a row for each of them, with the engine's own counts, readable while the node runs", async () => {
    const rows = await ledger("model,caller");
    const chat = rows.find(({ model }) => model === MODEL);
    expect(chat).toMatchObject({ caller: account("gateway").address.toLowerCase(), requests: 7, ok: 6, unreported: 1 });
    expect(Number(chat?.completionTokens)).toBeGreaterThanOrEqual(12 + 20 + 5 + 3 + 6 + 6 + 1);
    expect(Number(chat?.promptTokens)).toBeGreaterThan(6);
    expect(rows.find(({ model }) => model === "embeddings-en")).toMatchObject({
      requests: 1,
      ok: 1,
      completionTokens: 0,
      unreported: 0,
    });
    const day = new Date().toISOString().slice(0, 10);
    expect((await ledger("day")).map((row) => row.day)).toEqual([day]);
  });
});

function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
