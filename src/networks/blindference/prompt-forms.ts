// How a model is asked, form by form: whoever words it differently gets another answer, and loses every quorum.
import { createHash } from "node:crypto";
import type { TextCall } from "../../core/text.ts";

type Asked = Pick<TextCall, "prompt" | "maxTokens" | "maxCompletionTokens" | "temperature" | "topP" | "topK" | "seed">;

export interface PromptForm {
  /** Before the model's own name in the network's id: "groq:"; empty for the form of all others. */
  readonly prefix: string;
  /** Of the model server. */
  readonly route: string;
  /** @param model the network's whole id */
  ask(model: string, prompt: string): Asked;
}

const CHAT = "/v1/chat/completions";
const SYSTEM = "You are a helpful assistant. Answer the user's question directly and accurately. Be concise.";
const CLOUD_TOKENS = 512;
const SEED = 42;

const groq: PromptForm = {
  prefix: "groq:",
  route: CHAT,
  ask: (model, prompt) => ({
    prompt: [
      { role: "system", content: SYSTEM },
      { role: "user", content: anchored(model, prompt) },
    ],
    temperature: 0,
    maxCompletionTokens: CLOUD_TOKENS,
    seed: SEED,
  }),
};

const gemini: PromptForm = {
  prefix: "gemini:",
  route: CHAT,
  ask: (model, prompt) => ({
    prompt: [{ role: "user", content: anchored(model, prompt) }],
    temperature: 0,
    maxTokens: CLOUD_TOKENS,
  }),
};

/** The prompt is continued as it is: no template, no anchor. */
const vllm: PromptForm = {
  prefix: "",
  route: "/v1/completions",
  ask: (_model, prompt) => ({ prompt, temperature: 0, topP: 1, topK: -1, seed: SEED, maxTokens: 2048 }),
};

/** Those that the network's own node runs, the first of each form. */
export const KNOWN_MODELS = ["groq:llama-3.3-70b-versatile", "gemini:gemini-2.5-flash", "facebook/opt-125m"] as const;

const FORMS: readonly PromptForm[] = [groq, gemini, vllm];

export function formOf(model: string): PromptForm {
  return FORMS.find(({ prefix }) => model.startsWith(prefix)) ?? vllm;
}

/** As the network's own node calls what it has for that form: "groq". */
export function formName({ prefix }: PromptForm): string {
  return prefix.replace(/:$/, "") || "vllm";
}

/** Ties the answer to model and prompt. */
export function anchored(model: string, prompt: string): string {
  const anchor = createHash("sha256").update(`${model}:${prompt}`).digest("hex").slice(0, 16);
  return `[seed_anchor:${anchor}]\n\n${prompt}`;
}
