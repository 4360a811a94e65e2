// What a request may ask for; the order is the wire's.
import { FedaiError } from "../errors.ts";
import { type FedaiNode, modelsOf } from "../fedai-node.ts";
import type { InferenceRequest } from "../payloads.ts";
import { estimateTokens, utf8Length } from "../tokens.ts";

/** @throws FedaiError */
export function checkLimits(node: FedaiNode, { prompt, maxTokens, modelId }: InferenceRequest): void {
  const { promptBytes, tokens } = node.settings.limits;
  if (promptBytes !== undefined && utf8Length(prompt) > promptBytes) {
    throw new FedaiError("prompt-too-large", 413, `the prompt has more than ${promptBytes} bytes`);
  }
  if (tokens !== undefined && maxTokens > tokens) {
    throw new FedaiError("max-tokens-exceeded", 400, `more than ${tokens} tokens are asked for`);
  }
  // The schema lets any number through, and no model server knows what -1.5 tokens are.
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    throw new FedaiError("invalid-max-tokens", 400, "maxTokens is not a number of tokens");
  }
  const model = modelsOf(node).find(({ id }) => id === modelId);
  if (!model) throw new FedaiError("unknown-model", 400, "this node does not offer the model");
  if (estimateTokens(prompt) + maxTokens > model.contextWindow) {
    throw new FedaiError("context-window-exceeded", 400, `the model's window has ${model.contextWindow} tokens`);
  }
}
