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
  broken: { "backend.openai.key": refusesKey("/v1/models", "warn") },
};

const vllmModels = (max_model_len: number) => ({ data: [{ id: "tiny", object: "model", max_model_len }] });
const vllmMetrics = (waiting: number, running: number) =>
  [
    "# TYPE vllm:num_requests_waiting gauge",
    `vllm:num_requests_waiting{engine="0",model_name="tiny"} ${waiting}.0`,
    'vllm:num_requests_waiting{engine="1",model_name="tiny"} 1.0',
    `vllm:num_requests_running{engine="0",model_name="tiny"} ${running}.0`,
    'vllm:num_requests_running{engine="1",model_name="tiny"} 2.0',
    'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 99.0',
  ].join("\n");

export const vllmDialect: Dialect = {
  ...openaiDialect,
  models: vllmModels(32_768),
  answers: { "/metrics": vllmMetrics(0, 5) },
  broken: {
    "backend.vllm.key": refusesKey("/v1/models"),
    "backend.vllm.queue": {
      ...{ answers: { "/metrics": vllmMetrics(40, 6) }, state: "warn" },
      message: /: 41 wait, it works at 8$/,
    },
    "backend.vllm.context": {
      ...{ answers: { "/v1/models": vllmModels(2048) }, state: "warn" },
      message: /: tiny takes 2048 tokens a request/,
    },
  },
};

const llamacppProps = (n_ctx: number) => ({ default_generation_settings: { n_ctx, params: {} }, total_slots: 4 });
const llamacppMetrics = (deferred: number) =>
  `# TYPE llamacpp:requests_processing gauge\nllamacpp:requests_processing 4\nllamacpp:requests_deferred ${deferred}\n`;

export const llamacppDialect: Dialect = {
  ...openaiDialect,
  answers: { "/props": llamacppProps(8192), "/metrics": llamacppMetrics(0) },
  broken: {
    "backend.llamacpp.key": refusesKey("/props"),
    "backend.llamacpp.queue": {
      ...{ answers: { "/metrics": llamacppMetrics(9) }, state: "warn" },
      message: /: 9 wait, it works at 4$/,
    },
    "backend.llamacpp.context": {
      ...{ answers: { "/props": llamacppProps(1024) }, state: "warn" },
      message: /: each slot takes 1024 tokens a request/,
    },
  },
};

const ollamaLoaded = (size_vram: number, context_length: number) => ({
  models: [{ name: "tiny:latest", model: "tiny:latest", size: 4_000_000_000, size_vram, context_length }],
});

export const ollamaDialect: Dialect = {
  ...openaiDialect,
  answers: {
    "/api/version": { version: "0.12.0" },
    "/api/ps": ollamaLoaded(4_000_000_000, 32_768),
    "/api/show": { model_info: { "general.architecture": "llama", "llama.context_length": 131_072 } },
  },
  broken: {
    "backend.ollama.memory": {
      ...{ answers: { "/api/ps": ollamaLoaded(3_000_000_000, 32_768) }, state: "warn" },
      message: /: 25 % of tiny:latest is in main memory, which is slow$/,
    },
    "backend.ollama.context": {
      ...{ answers: { "/api/ps": ollamaLoaded(4_000_000_000, 4096) }, state: "warn" },
      message: /: tiny:latest was loaded for 4096 tokens of the 131072 that it can take; longer prompts are cut$/,
    },
  },
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
  broken: { "backend.anthropic.key": refusesKey("/v1/models") },
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
  models: fedaiModels(4096),
  broken: {
    "backend.fedai-runner.key": refusesKey("/models"),
    "backend.fedai-runner.context": {
      ...{ answers: { "/models": fedaiModels(512) }, state: "warn" },
      message: /: tiny takes 512 tokens a request/,
    },
  },
};

function fedaiModels(contextWindow: number) {
  return { models: [{ id: "tiny", family: "tiny", version: "1", contextWindow }] };
}

/** The rig sends one. */
function refusesKey(path: string, state: "warn" | "fail" = "fail") {
  return { answers: { [path]: 401 }, state, message: /refuses the key that it is sent: 401$/ } as const;
}

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
