// How a prompt is put to a model: continued by it, or said to it, also where its servers turn out to continue no text.
import { FxnError } from "../../../core/errors.ts";
import type { TextCall, TextEnd } from "../../../core/text.ts";
import { type FedaiNode, modelsOf } from "../fedai-node.ts";

/** The entry of a model server may list routes that it does not have; that is seen by the first prompt, and kept in mind. */
export async function* putPrompt(
  node: FedaiNode,
  call: Omit<TextCall, "prompt">,
  prompt: string,
): AsyncGenerator<string, TextEnd, void> {
  const { text } = node.ports;
  const model = modelsOf(node).find(({ id }) => id === call.model);
  const said = { ...call, prompt: [{ role: "user", content: prompt }] };
  if (model?.chat || node.onlyChat.has(call.model)) return yield* text.generate(said);
  try {
    return yield* text.generate({ ...call, prompt });
  } catch (error) {
    const missing = error instanceof FxnError && error.code === "backend_route_missing";
    if (!missing || !model?.orChat) throw error;
  }
  const answer = yield* text.generate(said);
  node.onlyChat.add(call.model);
  return answer;
}
