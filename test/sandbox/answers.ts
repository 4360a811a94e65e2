// The two answer formats of the OpenAI API's text routes, whole and as a stream of server-sent events.
import type { Engine, Generation, GenerationRequest } from "./engine.ts";

type Finish = Generation["finish"] | null;

export interface AnswerFormat {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  /** The choice with which a stream begins. */
  readonly opening: object | undefined;
  whole(text: string, finish: Finish): object;
  piece(text: string): object;
  last(finish: Finish): object;
}

export const CHAT: AnswerFormat = {
  idPrefix: "chatcmpl-",
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  opening: { index: 0, delta: { role: "assistant", content: "" }, finish_reason: null },
  whole: (content, finish_reason) => ({ index: 0, message: { role: "assistant", content }, finish_reason }),
  piece: (content) => ({ index: 0, delta: { content }, finish_reason: null }),
  last: (finish_reason) => ({ index: 0, delta: {}, finish_reason }),
};

export const COMPLETION: AnswerFormat = {
  idPrefix: "cmpl-",
  object: "text_completion",
  chunkObject: "text_completion",
  opening: undefined,
  whole: (text, finish_reason) => ({ index: 0, text, logprobs: null, finish_reason }),
  piece: (text) => ({ index: 0, text, logprobs: null, finish_reason: null }),
  last: (finish_reason) => ({ index: 0, text: "", logprobs: null, finish_reason }),
};

export interface Answer {
  readonly engine: Engine;
  readonly request: GenerationRequest;
  readonly format: AnswerFormat;
  readonly model: string;
  readonly signal: AbortSignal;
}

export async function wholeAnswer({ engine, request, format, model, signal }: Answer): Promise<Response> {
  let text = "";
  const result = await engine.generate(request, (piece) => (text += piece), signal);
  return Response.json({
    ...head(format.idPrefix, format.object, model),
    choices: [format.whole(text, result.finish)],
    usage: usage(result),
  });
}

/** One event for each token, sent when the engine made it; a caller who leaves stops the engine. */
export function streamedAnswer(answer: Answer, includeUsage: boolean): Response {
  const { engine, request, format, model } = answer;
  const left = new AbortController();
  const signal = AbortSignal.any([answer.signal, left.signal]);
  const envelope = head(format.idPrefix, format.chunkObject, model);
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (data: string) => {
        if (!signal.aborted) controller.enqueue(new TextEncoder().encode(`data: ${data}\n\n`));
      };
      const chunk = (choice: object) =>
        send(JSON.stringify({ ...envelope, choices: [choice], ...(includeUsage ? { usage: null } : {}) }));
      if (format.opening) chunk(format.opening);
      const result = await engine.generate(request, (text) => chunk(format.piece(text)), signal);
      chunk(format.last(result.finish));
      if (includeUsage) send(JSON.stringify({ ...envelope, choices: [], usage: usage(result) }));
      send("[DONE]");
      if (!signal.aborted) controller.close();
    },
    cancel() {
      left.abort();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
}

function head(idPrefix: string, object: string, model: string) {
  const id = `${idPrefix}${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

function usage({ promptTokens, completionTokens }: Generation) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
