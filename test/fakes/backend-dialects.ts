// What the servers of each kind answer when they say "hello": 3 tokens read, 2 written.
import type { Dialect } from "./http-backend-rig.ts";
import type { Received } from "./model-server.ts";

export const openaiDialect: Dialect = {
  whole: () => ({
    choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }),
  events: () => [
    data({ choices: [{ index: 0, delta: { content: "hel" }, finish_reason: null }] }),
    data({ choices: [{ index: 0, delta: { content: "lo" }, finish_reason: "stop" }] }),
    data({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
    "data: [DONE]\n\n",
  ],
  refusal: { error: { message: "too long", type: "invalid_request_error", code: null } },
  models: { object: "list", data: [{ id: "tiny", object: "model" }] },
};

export const anthropicDialect: Dialect = {
  whole: () => ({
    id: "msg_1",
    type: "message",
    role: "assistant",
    content: [{ type: "text", text: "hello" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  }),
  events: () => [
    named({
      type: "message_start",
      message: { id: "msg_1", content: [], usage: { input_tokens: 3, output_tokens: 1 } },
    }) +
      named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }) +
      named({ type: "ping" }),
    named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hel" } }),
    named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } }),
    named({ type: "content_block_stop", index: 0 }),
    named({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 2 },
    }),
    named({ type: "message_stop" }),
  ],
  refusal: { type: "error", error: { type: "invalid_request_error", message: "too long" }, request_id: "req_x" },
  models: { data: [{ type: "model", id: "tiny", display_name: "Tiny" }], has_more: false },
};

export const fedaiDialect: Dialect = {
  whole: (received) => ({
    requestId: requestIdOf(received),
    modelId: "tiny",
    output: "hello",
    usage: { inputTokens: 3, outputTokens: 2 },
    latencyMs: 12,
  }),
  refusal: { error: "too long" },
  models: { models: [{ id: "tiny", family: "tiny", version: "1", contextWindow: 4096 }] },
};

function requestIdOf({ body }: Received): unknown {
  return JSON.parse(body.toString()).requestId;
}

export function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** An event with its name, as Anthropic sends it. */
export function named(value: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`;
}
