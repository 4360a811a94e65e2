// The "http" runner of fed_AI: POST /infer takes one prompt and answers whole; /models and /health beside it.
import { z } from "zod";
import type { ServerConfig } from "../config/models-schema.ts";
import type { BackendCall, ModelBackend } from "../core/backend.ts";
import { badResponse, type HttpServer, httpServer, parsed, readAll, unhealthy, withoutSlash } from "./http-server.ts";
import type { TextSource } from "./openai-reply.ts";
import { readTextRequest, type TextRequest, UnsupportedRequest } from "./openai-request.ts";
import { contextCheck, keyCheck, serverChecks, tokens, told } from "./server-checks.ts";
import type { BackendPorts, BackendStrategy } from "./strategy.ts";
import { Refusal, translated } from "./translated.ts";

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const modelList = z.object({ models: z.array(z.object({ id: z.string().min(1) })) });

const count = z.int().nonnegative();
const inferred = z.object({
  requestId: z.string(),
  modelId: z.string(),
  output: z.string(),
  usage: z.object({ inputTokens: count, outputTokens: count }),
  latencyMs: z.number().nonnegative(),
});

const windows = z.object({ models: z.array(z.object({ id: z.string(), contextWindow: tokens.nullish() })) });

const CHECKS = [
  keyCheck("fedai-runner", { path: "/models", asCalls: true }),
  contextCheck(
    "fedai-runner",
    "contextWindow of each model in its list.",
    "Give the runner a model, or a setting of it, with a larger context.",
    async ({ server }, signal) => {
      const list = await told(server, "/models", windows, signal);
      if (typeof list === "string") return list;
      return new Map(list.models.flatMap(({ id, contextWindow }) => (contextWindow ? [[id, contextWindow]] : [])));
    },
  ),
];

export const fedaiRunner = {
  kind: "fedai-runner",
  providers: ["fedai-runner"],
  checks: CHECKS,
  open: openRunner,
} as const satisfies BackendStrategy;

function openRunner(config: ServerConfig, ports: BackendPorts): ModelBackend {
  const server = httpServer(config, ports, withoutSlash(config.url));
  const { label } = server;
  return {
    kind: fedaiRunner.kind,
    label,
    send: (call, signal) =>
      translated(call, ports.clock, readTextRequest, (request, id) =>
        infer(server, call, request, id, config.maxTokens, signal),
      ),
    async models(signal) {
      const { status, text } = await server.get("/models", signal);
      if (status !== 200) throw badResponse(label, `/models answered ${status}`);
      return parsed(modelList, text, label, "/models is not a list of models").models.map(({ id }) => id);
    },
    async probe(signal) {
      const { status } = await server.get("/health", signal);
      if (status < 200 || status > 299) throw unhealthy(label, `the health probe was answered ${status}`);
    },
    checks: (routes) => serverChecks(CHECKS, server, config, ports.clock, routes),
  };
}

async function infer(
  server: HttpServer,
  { headers }: BackendCall,
  request: TextRequest,
  requestId: string,
  defaultMaxTokens: number,
  signal: AbortSignal,
): Promise<TextSource> {
  const maxTokens = request.maxTokens ?? defaultMaxTokens;
  const { model: modelId, temperature, topP } = request;
  const body = JSON.stringify({ requestId, modelId, prompt: promptOf(request), maxTokens, temperature, topP });
  const call = { method: "POST", path: "/infer", headers, body: Buffer.from(body) } as const;
  const reply = await server.send(call, signal);
  const { status } = reply;
  const text = await readAll(reply.body, MAX_ANSWER_BYTES, server.label);
  if (status >= 400) throw new Refusal(status, `the runner answered ${status}`, retryAfter(reply.headers));
  if (status < 200 || status > 299) throw badResponse(server.label, `it answered with status ${status}`);
  const answer = parsed(inferred, text, server.label, "the answer of /infer is not of its form");
  // An answer to somebody else's question.
  if (answer.requestId !== requestId) throw badResponse(server.label, "the answer of /infer is of another request");
  return whole(answer, maxTokens);
}

/** How a chat becomes one text is the model's own template, which is not known here. */
function promptOf({ messages, stop }: TextRequest): string {
  const [only, ...others] = messages;
  if (only?.role !== "user" || others.length > 0) {
    throw new UnsupportedRequest(
      "it takes one message, of the role user, and no chat with a history or a system message",
    );
  }
  if (stop.length > 0) throw new UnsupportedRequest("the field 'stop'");
  return only.content;
}

/** It does not say why it ended: as many tokens as were allowed were cut there. */
async function* whole({ output, usage }: z.output<typeof inferred>, maxTokens: number): TextSource {
  yield [output];
  return {
    reason: usage.outputTokens >= maxTokens ? "length" : "stop",
    promptTokens: usage.inputTokens,
    completionTokens: usage.outputTokens,
  };
}

function retryAfter(headers: ReadonlyMap<string, string>): Record<string, string> {
  const value = headers.get("retry-after");
  return value === undefined ? {} : { "retry-after": value };
}
