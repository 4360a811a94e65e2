// A model server for the demo and the tests: the OpenAI API over llama.cpp's engine and real embeddings.
import { parseArgs } from "node:util";
import type { z } from "zod";
import { messageOf } from "../../src/core/errors.ts";
import { type AnswerFormat, CHAT, COMPLETION, streamedAnswer, wholeAnswer } from "./answers.ts";
import { ApiError } from "./api-error.ts";
import { loadEmbeddings } from "./embeddings.ts";
import { Engine, PromptTooLong } from "./engine.ts";
import { chatRequest, completionRequest, embeddingRequest, type TextRequest } from "./requests.ts";
import { tinyLlamaFile } from "./tiny-llama.ts";

const TEXT_MODEL = "tiny-llama";
const EMBEDDING_MODEL = "embeddings-en";

type Embed = Awaited<ReturnType<typeof loadEmbeddings>>;

function serve(engine: Engine, embed: Embed, port: number) {
  const cards = [TEXT_MODEL, EMBEDDING_MODEL].map((id) => ({ id, object: "model", created: 0, owned_by: "sandbox" }));
  return Bun.serve({
    hostname: "127.0.0.1",
    port,
    // A generation that waits its turn is silent for as long as it takes.
    idleTimeout: 0,
    routes: {
      "/health": { GET: () => Response.json({ status: "ok" }) },
      "/debug/generations": { GET: () => Response.json(engine.counts()) },
      "/v1/models": { GET: () => Response.json({ object: "list", data: cards }) },
      "/v1/models/:id": {
        GET: guarded(async (request) => {
          const card = cards.find(({ id }) => id === request.params.id);
          if (!card) throw unknownModel(request.params.id);
          return Response.json(card);
        }),
      },
      "/v1/chat/completions": {
        POST: guarded(async (request) => answer(engine, CHAT, await parsed(request, chatRequest), request.signal)),
      },
      "/v1/completions": {
        POST: guarded(async (request) =>
          answer(engine, COMPLETION, await parsed(request, completionRequest), request.signal),
        ),
      },
      "/v1/embeddings": {
        POST: guarded(async (request) => embeddings(embed, await parsed(request, embeddingRequest))),
      },
    },
    fetch: (request) => new ApiError(404, `No route ${request.method} ${new URL(request.url).pathname}`).response(),
  });
}

function answer(
  engine: Engine,
  format: AnswerFormat,
  body: TextRequest,
  signal: AbortSignal,
): Promise<Response> | Response {
  requireModel(body.model, TEXT_MODEL);
  const request = {
    prompt: engine.tokenize(body.prompt),
    maxTokens: body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    seed: body.seed ?? randomSeed(),
    stop: body.stop,
    trimStart: format === CHAT,
  };
  const task = { engine, request, format, model: TEXT_MODEL, signal };
  return body.stream ? streamedAnswer(task, body.stream_options.include_usage) : wholeAnswer(task);
}

async function embeddings(embed: Embed, body: z.output<typeof embeddingRequest>): Promise<Response> {
  requireModel(body.model, EMBEDDING_MODEL);
  const { vectors, tokens } = await embed(body.input);
  const encode = (vector: readonly number[]) =>
    body.encoding_format === "float" ? vector : Buffer.from(Float32Array.from(vector).buffer).toString("base64");
  return Response.json({
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: encode(vector) })),
    model: EMBEDDING_MODEL,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

async function parsed<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await request.json().catch(() => {
    throw new ApiError(400, "The body is not JSON");
  });
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const param = issue?.path.join(".") || null;
  throw new ApiError(400, `${param ?? "body"}: ${issue?.message}`, { param });
}

function requireModel(asked: string, served: string): void {
  if (asked === served) return;
  if (asked !== TEXT_MODEL && asked !== EMBEDDING_MODEL) throw unknownModel(asked);
  throw new ApiError(400, `The model \`${asked}\` does not serve this route`, { param: "model" });
}

function unknownModel(id: string): ApiError {
  return new ApiError(404, `The model \`${id}\` does not exist`, { param: "model", code: "model_not_found" });
}

function guarded<R extends Request>(handle: (request: R) => Promise<Response>): (request: R) => Promise<Response> {
  return (request) => handle(request).catch((error: unknown) => toApiError(error).response());
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof PromptTooLong) return new ApiError(400, error.message, { code: "context_length_exceeded" });
  return new ApiError(500, messageOf(error));
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "cache-dir": { type: "string" },
      /** Milliseconds before each token. */
      pace: { type: "string", default: "0" },
      /** Ends when standard input does: a parent that dies in any way takes the server with it. */
      "with-parent": { type: "boolean", default: false },
    },
  });
  if (!values["cache-dir"]) throw new Error("--cache-dir DIRECTORY is missing: the model file is kept there");
  const [engine, embed] = await Promise.all([
    Engine.load({ modelFile: tinyLlamaFile(values["cache-dir"]), paceMs: Number(values.pace) }),
    loadEmbeddings(),
  ]);
  const server = serve(engine, embed, Number(values.port));
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.port}`, models: [TEXT_MODEL, EMBEDDING_MODEL] }));
  if (values["with-parent"]) {
    for await (const _ of Bun.stdin.stream());
    process.exit(0);
  }
}

await main();
