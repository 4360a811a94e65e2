// What is known of a check without asking it: the table's words, or whose it is.
import type { CheckText } from "../../core/check.ts";
import { OWN_NETWORKS } from "../../networks/index.ts";
import { EXPLAINED } from "./index.ts";

/** Networks' checks come by their sessions: of those only whose they are is known. undefined: there is no such check. */
export function explain(id: string): CheckText | undefined {
  const text = EXPLAINED.find((one) => one.id === id);
  if (text) return text;
  const room = id.split(".")[0] ?? "";
  if (!OWN_NETWORKS.some((network) => network.id === room)) return undefined;
  const looksAt = `What keeps work of ${room} away, as its own session in the running node sees it.`;
  const mend = `Its hint says what to do; networks.${room} in config.yaml has its settings.`;
  return { id, title: `A check of ${room}`, looksAt, mend };
}
