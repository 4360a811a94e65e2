// Text in, text out for networks whose wire is not OpenAI's: one streamed call of the inference service, read for them.
import type { InferencePort } from "../core/inference.ts";
import type { TextCall, TextEnd, TextPort } from "../core/text.ts";
import { SseSplitter } from "../lib/sse.ts";
import { InferenceError } from "./errors.ts";
import { isObject } from "./request.ts";
import { type Usage, usageOf } from "./usage.ts";

/** Of an answer that is not streamed. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function createText(inference: InferencePort): TextPort {
  return { generate: (call) => generate(inference, call) };
}

async function* generate(inference: InferencePort, call: TextCall): AsyncGenerator<string, TextEnd, void> {
  const left = new AbortController();
  try {
    const response = await inference.send({
      id: call.id,
      network: call.network,
      caller: call.caller,
      method: "POST",
      path: typeof call.prompt === "string" ? "/v1/completions" : "/v1/chat/completions",
      search: "",
      headers: new Headers({ "content-type": "application/json", accept: "text/event-stream" }),
      body: bodyOf(call),
      signal: AbortSignal.any([call.signal, left.signal]),
      keepUsage: true,
      onEnd: () => {},
    });
    const { status, headers, body } = response;
    // What a model server says in its refusal may quote the prompt: it is not passed on.
    if (status !== 200) throw refused(status);
    const streamed = /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
    if (!body) throw nonsense();
    return yield* streamed ? readEvents(body) : readWhole(body);
  } finally {
    // Whoever reads no further has left.
    left.abort();
  }
}

function bodyOf({ model, prompt, temperature, seed, ...call }: TextCall): Uint8Array {
  const asked = typeof prompt === "string" ? { prompt } : { messages: prompt };
  const most = { max_tokens: call.maxTokens, max_completion_tokens: call.maxCompletionTokens };
  const body = { model, ...asked, ...most, temperature, top_p: call.topP, top_k: call.topK, seed, stream: true };
  return new TextEncoder().encode(JSON.stringify(body));
}

async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, TextEnd, void> {
  const splitter = new SseSplitter();
  let reason: string | undefined;
  let usage: Usage | undefined;
  for await (const part of body) {
    for (const event of splitter.push(part)) {
      const data = event.data()?.trim();
      if (data === undefined) continue;
      if (data === "[DONE]") return endOf(reason ?? "stop", usage);
      const piece = pieceOf(parsed(data), "delta");
      reason = piece.reason ?? reason;
      usage = piece.usage ?? usage;
      if (piece.text !== "") yield piece.text;
    }
  }
  // Some servers end with the last choice, and send no [DONE].
  if (reason === undefined) throw cut();
  return endOf(reason, usage);
}

/** From a model server that does not stream. */
async function* readWhole(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, TextEnd, void> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > MAX_BODY_BYTES) throw nonsense();
    parts.push(part);
  }
  const { text, reason, usage } = pieceOf(parsed(Buffer.concat(parts).toString()), "message");
  if (reason === undefined && text === "") throw nonsense();
  if (text !== "") yield text;
  return endOf(reason ?? "stop", usage);
}

interface Piece {
  readonly text: string;
  readonly reason: string | undefined;
  readonly usage: Usage | undefined;
}

/** @param member what holds a chat's text: "delta" in a stream, "message" in a whole answer; a completion has "text" */
function pieceOf(json: unknown, member: "delta" | "message"): Piece {
  if (!isObject(json)) throw nonsense();
  // The relay's own last event, and that of some servers, when a stream breaks off.
  if (json.error !== undefined && json.error !== null) throw cut();
  const choice: unknown = Array.isArray(json.choices) ? json.choices[0] : undefined;
  const usage = usageOf(json.usage);
  if (!isObject(choice)) return { text: "", reason: undefined, usage };
  const holder = choice[member];
  const text = isObject(holder) ? holder.content : choice.text;
  const { finish_reason: reason } = choice;
  return {
    text: typeof text === "string" ? text : "",
    reason: typeof reason === "string" ? reason : undefined,
    usage,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw nonsense();
  }
}

function endOf(reason: string, usage: Usage | undefined): TextEnd {
  return { reason, promptTokens: usage?.promptTokens ?? null, completionTokens: usage?.completionTokens ?? null };
}

const NO_SUCH_ROUTE: readonly number[] = [404, 405, 501];
const BUSY: readonly number[] = [429, 503];

function refused(status: number): InferenceError {
  const message = `the model server answered ${status}`;
  if (NO_SUCH_ROUTE.includes(status)) return new InferenceError("backend_route_missing", 502, message);
  if (BUSY.includes(status)) return new InferenceError("backend_busy", 503, message);
  return new InferenceError("backend_error", 502, message);
}

function cut(): InferenceError {
  return new InferenceError("backend_stream_cut", 502, "the answer broke off");
}

function nonsense(): InferenceError {
  return new InferenceError("backend_bad_response", 502, "the model server's answer is not of the OpenAI API");
}
