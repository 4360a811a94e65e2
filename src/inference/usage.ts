// Token counts out of what a model server says of its own work.
import { isObject } from "./request.ts";

export interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/**
 * undefined when `value` is no usage object, or counts nothing. Chat, completions and embeddings say prompt and
 * completion; the responses API says input and output.
 */
export function usageOf(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const { prompt_tokens, completion_tokens, input_tokens, output_tokens } = value;
  if (![prompt_tokens, completion_tokens, input_tokens, output_tokens].every(isCountOrAbsent)) return undefined;
  const promptTokens = countOf(prompt_tokens ?? input_tokens);
  const completionTokens = countOf(completion_tokens ?? output_tokens);
  return promptTokens === null && completionTokens === null ? undefined : { promptTokens, completionTokens };
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function isCountOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || countOf(value) !== null;
}
