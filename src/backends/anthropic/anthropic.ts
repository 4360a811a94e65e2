// Anthropic's Messages API: chats are translated to it, and its answers back, whole or event by event.
import { z } from "zod";
import type { ServerConfig } from "../../config/models-schema.ts";
import { type BackendCall, BackendError, type BackendReply, type ModelBackend } from "../../core/backend.ts";
import {
  badResponse,
  type HttpServer,
  httpServer,
  listedModels,
  parsed,
  readAll,
  unhealthy,
  withoutV1,
} from "../http-server.ts";
import type { TextSource } from "../openai-reply.ts";
import { readTextRequest, type TextRequest } from "../openai-request.ts";
import { keyCheck, serverChecks } from "../server-checks.ts";
import type { BackendPorts, BackendStrategy } from "../strategy.ts";
import { Refusal, shown, translated } from "../translated.ts";
import { apiError, messagesBody, promptTokensOf, reasonOf, wholeMessage } from "./messages.ts";
import { StreamRefusal, textsOf } from "./stream.ts";

const VERSION = "2023-06-01";
const MODELS = "/v1/models?limit=1000";
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
/** Anthropic's word for "try another time", for which HTTP has a status. */
const OVERLOADED = 529;
const UNAVAILABLE = 503;

export const anthropic = {
  kind: "anthropic",
  providers: ["anthropic"],
  checks: [keyCheck("anthropic", { path: MODELS, asCalls: true })],
  open: openAnthropic,
} as const satisfies BackendStrategy;

function openAnthropic(config: ServerConfig, ports: BackendPorts): ModelBackend {
  const server = httpServer(config, ports, withoutV1(config.url), { "anthropic-version": VERSION });
  const { label } = server;
  return {
    kind: anthropic.kind,
    label,
    send: (call, signal) =>
      translated(call, ports.clock, readTextRequest, (request) => ask(server, call, request, config.maxTokens, signal)),
    models: (signal) => listedModels(server, MODELS, signal),
    async probe(signal) {
      const { status } = await server.get(MODELS, signal);
      // 404 and 429 come from a server that lives; with a key that is refused nothing will be answered.
      if (status >= 500 || status === 401 || status === 403) {
        throw unhealthy(label, `the health probe was answered ${status}`);
      }
    },
    checks: (routes) => serverChecks(anthropic.checks, server, config, ports.clock, routes),
  };
}

async function ask(
  server: HttpServer,
  { headers }: BackendCall,
  request: TextRequest,
  maxTokens: number,
  signal: AbortSignal,
): Promise<TextSource> {
  const { "openai-beta": _, ...passed } = headers;
  const body = Buffer.from(messagesBody(request, maxTokens));
  const reply = await server.send({ method: "POST", path: "/v1/messages", headers: passed, body }, signal);
  if (reply.status >= 400) throw await refusalOf(reply, server.label);
  if (reply.status !== 200) throw badResponse(server.label, `it answered with status ${reply.status}`);
  if (!request.stream) return wholeSource(await readAll(reply.body, MAX_ANSWER_BYTES, server.label), server.label);
  if (!/^text\/event-stream\b/i.test(reply.headers.get("content-type") ?? "")) {
    throw badResponse(server.label, "it was asked for a stream and sent none");
  }
  return begun(textsOf(reply.body, server.label));
}

/** Waits for the first event, so that an error in its place is an answer of its own, and another server may be tried. */
async function begun(source: TextSource): Promise<TextSource> {
  try {
    const first = await source.next();
    return resumed(first, source);
  } catch (error) {
    if (!(error instanceof StreamRefusal)) throw error;
    throw new Refusal(error.kind === "overloaded_error" ? UNAVAILABLE : 502, shown(error.said));
  }
}

async function* resumed(first: Awaited<ReturnType<TextSource["next"]>>, source: TextSource): TextSource {
  if (first.done) return first.value;
  try {
    yield first.value;
    return yield* source;
  } finally {
    // Also for whoever leaves at the first piece.
    await source.return({ reason: "stop", promptTokens: null, completionTokens: null });
  }
}

async function* wholeSource(text: string, label: string): TextSource {
  const answer = parsed(wholeMessage, text, label, "the answer is not one of the Messages API");
  yield answer.content.filter(({ type }) => type === "text").map((block) => block.text ?? "");
  return {
    reason: reasonOf(answer.stop_reason),
    promptTokens: promptTokensOf(answer.usage),
    completionTokens: answer.usage.output_tokens,
  };
}

async function refusalOf({ status, headers, body }: BackendReply, label: string): Promise<Refusal> {
  const text = await readAll(body, MAX_ERROR_BYTES, label).catch((error: unknown) => {
    if (error instanceof BackendError && error.code === "bad_response") return "";
    throw error;
  });
  const retryAfter = headers.get("retry-after");
  return new Refusal(
    status === OVERLOADED ? UNAVAILABLE : status,
    errorIn(text) ?? `the model server answered ${status}`,
    retryAfter === undefined ? {} : { "retry-after": retryAfter },
  );
}

const errorText = z.string().transform((text, ctx) => {
  try {
    return apiError.parse(JSON.parse(text)).error.message;
  } catch {
    ctx.addIssue("not an error of the API");
    return z.NEVER;
  }
});

function errorIn(text: string): string | undefined {
  const { data } = errorText.safeParse(text);
  return data === undefined ? undefined : shown(data);
}
