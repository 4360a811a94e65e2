// What is known of a check without asking it: the table's words.
import { type CheckText, textOf } from "../../core/check.ts";
import { EXPLAINED } from "./index.ts";

/** undefined: there is no such check. */
export function explain(id: string): CheckText | undefined {
  const text = textOf(id, EXPLAINED);
  return text && { ...text, id };
}
