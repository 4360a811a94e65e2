// The two checks that every network of its own accord has, and what is said of all that such a network brings.
import type { CheckText } from "../core/check.ts";

/** What has no session cannot be looked at: it explains all others. */
export function sessionText(network: string): CheckText {
  return {
    id: `${network}.session`,
    title: `The session of ${network} runs`,
    looksAt: `Whether what works for ${network} in the running node has begun and has not failed; it is begun anew by itself.`,
    income: `Red: nothing comes from ${network} until it runs. The other networks go on.`,
    mend: `The message has its own words. See the settings under networks.${network} in config.yaml, its key (fxn accounts list), and the log: fxn service logs.`,
  };
}

export function readyText(network: string): CheckText {
  return {
    id: `${network}.ready`,
    title: `Work of ${network} can come`,
    looksAt: `What ${network} itself says of this node: ready, or why not. Where another of its checks is red, that one has the reason.`,
    income: `Red: no work of ${network} comes.`,
    mend: `See what it is and has: fxn networks status. Then mend its settings under networks.${network} in config.yaml, and: fxn reload.`,
  };
}

/** In the order in which they are asked. */
export function textsOfNetwork({ id, checkTexts }: { readonly id: string; readonly checkTexts: readonly CheckText[] }) {
  return [sessionText(id), ...checkTexts, readyText(id)];
}
