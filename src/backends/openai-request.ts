// What a chat or completion asks for, read for kinds that do not speak the OpenAI API; what they cannot do is refused.
import { z } from "zod";
import type { BackendCall } from "../core/backend.ts";
import { FxnError } from "../core/errors.ts";

export class UnsupportedRequest extends FxnError<"unsupported_request"> {
  constructor(why: string) {
    super("unsupported_request", 400, `this model's server cannot do that: ${why}`);
  }
}

export interface TextMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface TextRequest {
  readonly path: "/v1/chat/completions" | "/v1/completions";
  readonly model: string;
  /** Of a completion the prompt, as the one message of a user. */
  readonly messages: readonly TextMessage[];
  readonly stream: boolean;
  /** The caller of a stream wants the token counts. */
  readonly includeUsage: boolean;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[];
}

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const content = z.union([z.string(), z.array(textPart).transform((parts) => parts.map(({ text }) => text).join(""))]);
const message = z.object({ role: z.enum(["system", "developer", "user", "assistant"]), content });
const positive = z.int().positive().nullish();
const none = z.array(z.unknown()).max(0).nullish();

const common = z.object({
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: positive,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  // What would make another answer than one text. Hints for sampling (seed, penalties) are passed over.
  n: z.literal(1).nullish(),
  logit_bias: z.record(z.string(), z.never()).nullish(),
});

const chat = common.extend({
  messages: z.array(message).min(1),
  max_completion_tokens: positive,
  logprobs: z.literal(false).nullish(),
  tools: none,
  functions: none,
  response_format: z.object({ type: z.literal("text") }).nullish(),
  modalities: z.array(z.literal("text")).nullish(),
});

const completion = common.extend({
  prompt: z.union([z.string(), z.tuple([z.string()]).transform(([only]) => only)]),
  logprobs: z.null().optional(),
  echo: z.literal(false).nullish(),
  suffix: z.literal("").nullish(),
  best_of: z.literal(1).nullish(),
});

/** Throws UnsupportedRequest, which names the field. */
export function readTextRequest({ path, body }: BackendCall): TextRequest {
  if (path !== "/v1/chat/completions" && path !== "/v1/completions") throw new UnsupportedRequest(`no route ${path}`);
  const json = parsedBody(body);
  if (path === "/v1/completions") {
    const asked = read(completion, json);
    const messages = [{ role: "user", content: asked.prompt }] as const;
    return { path, messages, maxTokens: asked.max_tokens ?? undefined, ...commonOf(asked) };
  }
  const asked = read(chat, json);
  const messages = asked.messages.map(({ role, content }) => ({
    role: role === "developer" ? ("system" as const) : role,
    content,
  }));
  return {
    path,
    messages,
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? undefined,
    ...commonOf(asked),
  };
}

function parsedBody(body: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? []).toString());
  } catch {
    return undefined;
  }
}

function read<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(json);
  if (data !== undefined) return data;
  // The path, and never the value: that may be a prompt.
  const [issue] = error?.issues ?? [];
  throw new UnsupportedRequest(`the field '${issue?.path.join(".") || "body"}' as it is`);
}

function commonOf(asked: z.output<typeof common>) {
  const { model, stream, stream_options, temperature, top_p, stop } = asked;
  return {
    model,
    stream: stream === true,
    includeUsage: stream_options?.include_usage === true,
    temperature: temperature ?? undefined,
    topP: top_p ?? undefined,
    stop: typeof stop === "string" ? [stop] : (stop ?? []),
  };
}
