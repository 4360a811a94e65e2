// Token counts out of what a model server says of its own work.
import { z } from "zod";

export interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

const count = z.int().nonnegative().nullish();

/** Chat, completions and embeddings say prompt and completion; the responses API says input and output. */
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  input_tokens: count,
  output_tokens: count,
});

/** undefined when `value` is no usage object, or counts nothing. */
export function usageOf(value: unknown): Usage | undefined {
  const parsed = usageSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const promptTokens = parsed.data.prompt_tokens ?? parsed.data.input_tokens ?? null;
  const completionTokens = parsed.data.completion_tokens ?? parsed.data.output_tokens ?? null;
  return promptTokens === null && completionTokens === null ? undefined : { promptTokens, completionTokens };
}
