// Answers in OpenAI's form that are made here, from text as it comes: a chat or a completion, whole or as a stream.
import type { BackendReply, ReplyBody } from "../core/backend.ts";
import { errorBody } from "../core/error-body.ts";
import type { TextRequest } from "./openai-request.ts";

/** How an answer ended. */
export interface Ending {
  /** OpenAI's word: "stop", "length", "content_filter". */
  readonly reason: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Texts as they came, those that came together in one list; the value returned says how it ended. Throws BackendError. */
export type TextSource = AsyncGenerator<readonly string[], Ending, void>;

/** What of a request its answer depends on. */
export type Asked = Pick<TextRequest, "path" | "model" | "includeUsage">;

export interface ReplyFacts {
  /** "chatcmpl-…" is made of it. */
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
}

export function jsonReply(status: number, value: unknown, headers: Iterable<[string, string]> = []): BackendReply {
  const bytes = Buffer.from(JSON.stringify(value));
  const all = new Map([...headers, ["content-type", "application/json"], ["content-length", String(bytes.length)]]);
  return {
    status,
    headers: all,
    framing: "length",
    body: { whole: () => bytes, [Symbol.asyncIterator]: () => once(bytes) },
  };
}

/** An FxnError as callers see it. */
export function errorReply(error: { readonly status: number }, headers?: Iterable<[string, string]>): BackendReply {
  return jsonReply(error.status, errorBody(error), headers);
}

/** All of it, read to its end. */
export async function wholeReply(asked: Asked, facts: ReplyFacts, source: TextSource): Promise<BackendReply> {
  let text = "";
  for (;;) {
    const { done, value } = await source.next();
    if (!done) {
      text += value.join("");
      continue;
    }
    const choice = isChat(asked) ? { message: { role: "assistant", content: text } } : { text };
    const choices = [{ index: 0, ...choice, logprobs: null, finish_reason: value.reason }];
    return jsonReply(200, {
      ...head(asked, facts, isChat(asked) ? "chat.completion" : "text_completion"),
      choices,
      usage: usageOf(value),
    });
  }
}

/** Events as the texts come, the token counts if they are wanted, and [DONE]. */
export function streamReply(asked: Asked, facts: ReplyFacts, source: TextSource): BackendReply {
  const body: ReplyBody = { whole: () => undefined, [Symbol.asyncIterator]: () => events(asked, facts, source) };
  return { status: 200, headers: new Map([["content-type", "text/event-stream"]]), framing: "chunked", body };
}

async function* events(asked: Asked, facts: ReplyFacts, source: TextSource): AsyncGenerator<Uint8Array> {
  const common = head(asked, facts, isChat(asked) ? "chat.completion.chunk" : "text_completion");
  const event = (rest: object) => `data: ${JSON.stringify({ ...common, ...rest })}\n\n`;
  const choice = (content: string | undefined, reason: string | null) => {
    const chat = { delta: content === undefined ? {} : { content } };
    return event({
      choices: [{ index: 0, ...(isChat(asked) ? chat : { text: content ?? "" }), finish_reason: reason }],
    });
  };
  let opening = isChat(asked)
    ? event({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] })
    : "";
  try {
    for (;;) {
      const { done, value } = await source.next();
      if (done) {
        const usage = asked.includeUsage ? usageOf(value) : undefined;
        const counts = usage ? event({ choices: [], usage }) : "";
        yield Buffer.from(`${opening}${choice(undefined, value.reason)}${counts}data: [DONE]\n\n`);
        return;
      }
      const texts = value.filter((text) => text !== "").map((text) => choice(text, null));
      if (texts.length > 0 || opening !== "") yield Buffer.from(opening + texts.join(""));
      opening = "";
    }
  } finally {
    // Whoever reads may leave early: the source ends its work then.
    await source.return({ reason: "stop", promptTokens: null, completionTokens: null });
  }
}

function head({ path, model }: Asked, { id, created }: ReplyFacts, object: string) {
  return { id: `${path === "/v1/chat/completions" ? "chatcmpl" : "cmpl"}-${id}`, object, created, model };
}

function isChat({ path }: Asked): boolean {
  return path === "/v1/chat/completions";
}

function usageOf({ promptTokens, completionTokens }: Ending) {
  if (promptTokens === null || completionTokens === null) return undefined;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
