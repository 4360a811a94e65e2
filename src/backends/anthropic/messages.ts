// The shapes of Anthropic's Messages API, and what of them means what in OpenAI's.
import { z } from "zod";
import type { TextRequest } from "../openai-request.ts";

/** OpenAI's finish_reason. What is not here ended as it should. */
const REASONS: Readonly<Record<string, string>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
};

const count = z.int().nonnegative();
const inputUsage = z.object({
  input_tokens: count,
  cache_creation_input_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
});

export const wholeMessage = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string(),
  usage: inputUsage.extend({ output_tokens: count }),
});

export const apiError = z.object({ error: z.object({ type: z.string(), message: z.string() }) });

/** The events of a stream that say something; of others only the type is known, and new ones may come. */
export const streamEvent = z.union([
  z.object({ type: z.literal("message_start"), message: z.object({ usage: inputUsage }) }),
  z.object({
    type: z.literal("content_block_delta"),
    delta: z.object({ type: z.literal("text_delta"), text: z.string() }),
  }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: z.object({ output_tokens: count }),
  }),
  apiError.extend({ type: z.literal("error") }),
  z.object({ type: z.enum(["message_stop", "content_block_start", "content_block_stop", "ping"]) }),
  z.object({ type: z.literal("content_block_delta"), delta: z.object({ type: z.string().regex(/^(?!text_delta$)/) }) }),
  z.object({ type: z.string().regex(/^(?!message_|content_block_|error$)/) }),
]);

export function reasonOf(stopReason: string): string {
  return REASONS[stopReason] ?? "stop";
}

/** All that was read, also from a cache. */
export function promptTokensOf(usage: z.output<typeof inputUsage>): number {
  return usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
}

/** The body of POST /v1/messages; system messages stand apart there, wherever they were. */
export function messagesBody(request: TextRequest, maxTokens: number): string {
  const { model, messages, stream, temperature, topP, stop } = request;
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
  return JSON.stringify({
    model,
    max_tokens: request.maxTokens ?? maxTokens,
    messages: messages.filter(({ role }) => role !== "system"),
    system: system.length > 0 ? system.join("\n\n") : undefined,
    // OpenAI's goes to 2.
    temperature: temperature === undefined ? undefined : Math.min(1, temperature),
    top_p: topP,
    stop_sequences: stop.length > 0 ? stop : undefined,
    stream,
  });
}
