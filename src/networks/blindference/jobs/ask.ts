// One prompt to a model, in the network's own words for it; the whole answer.
import type { TextPort } from "../../../core/text.ts";
import { BlindferenceError } from "../errors.ts";
import type { Runnable } from "./models.ts";

/** Characters; the most tokens that are asked for make far less. */
const LONGEST_ANSWER = 1024 * 1024;

export interface Question {
  readonly id: string;
  readonly caller: string;
  /** The network's name for it. */
  readonly model: string;
  readonly prompt: string;
  readonly signal: AbortSignal;
}

/** @throws BlindferenceError blindference_job, and what `text` throws */
export async function askModel(text: TextPort, { served, form }: Runnable, question: Question): Promise<string> {
  const { id, caller, model, prompt, signal } = question;
  const call = { id, network: "blindference", caller, model: served, ...form.ask(model, prompt), signal };
  let said = "";
  for await (const piece of text.generate(call)) {
    said += piece;
    if (said.length > LONGEST_ANSWER) throw new BlindferenceError("blindference_job", "the answer is too long");
  }
  // Continuing a text may mean saying nothing; a chat that says nothing has failed.
  if (said === "" && typeof call.prompt !== "string") {
    throw new BlindferenceError("blindference_job", "the model said nothing");
  }
  return said;
}
