// What the test model server accepts: the OpenAI API's request bodies, as far as a small text model can serve them.
// Source: https://platform.openai.com/docs/api-reference. Unknown fields are ignored, as most model servers do.
import { z } from "zod";

/** OpenAI lets a completion without max_tokens fill the context; this is plenty for a model with nothing to say. */
const DEFAULT_MAX_TOKENS = 128;
const MAX_STOPS = 4;
const MAX_INPUTS = 2048;
/** What the embedding model has; it cannot shorten them. */
const DIMENSIONS = 512;

/** The OpenAI API takes null for "not given". */
function optional<T extends z.ZodType, D>(schema: T, fallback: D) {
  return schema.nullish().transform((value) => value ?? fallback);
}

const stops = z.union([z.string().transform((stop) => [stop]), z.array(z.string()).max(MAX_STOPS)]);

const sampling = {
  model: z.string(),
  max_tokens: z.int().min(1).nullish(),
  temperature: optional(z.number().min(0).max(2), 1),
  top_p: optional(z.number().gt(0).max(1), 1),
  seed: z.int().nullish(),
  stop: optional(stops, []).transform((list) => list.filter((stop) => stop !== "")),
  n: z.literal(1, "only one choice is supported").nullish(),
  stream: optional(z.boolean(), false),
  stream_options: optional(z.object({ include_usage: optional(z.boolean(), false) }), { include_usage: false }),
};

const textPart = z.object({ type: z.literal("text", "this model reads text only"), text: z.string() });

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(textPart).transform((parts) => parts.map((part) => part.text).join("\n"))]),
});

export const chatRequest = z
  .object({ ...sampling, messages: z.array(message).min(1), max_completion_tokens: z.int().min(1).nullish() })
  .transform(({ messages, max_completion_tokens, ...rest }) => ({
    ...rest,
    max_tokens: max_completion_tokens ?? rest.max_tokens ?? DEFAULT_MAX_TOKENS,
    prompt: `${messages.map(({ role, content }) => `${role}: ${content}`).join("\n")}\nassistant:`,
  }));

export const completionRequest = z
  .object({ ...sampling, prompt: z.string("only a single string is supported") })
  .transform((body) => ({ ...body, max_tokens: body.max_tokens ?? DEFAULT_MAX_TOKENS }));

export type TextRequest = z.output<typeof completionRequest>;

export const embeddingRequest = z.object({
  model: z.string(),
  input: z.union([
    z
      .string()
      .min(1)
      .transform((text) => [text]),
    z.array(z.string().min(1)).min(1).max(MAX_INPUTS),
  ]),
  encoding_format: optional(z.enum(["float", "base64"]), "float"),
  dimensions: z.literal(DIMENSIONS).nullish(),
});
