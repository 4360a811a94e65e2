// What may stand in a file for a service manager: one line, and in XML nothing that is markup.
import { ServiceError } from "./errors.ts";

/** Control characters, other ends of lines, halves of characters, and what XML 1.0 cannot hold. */
const UNFIT = /[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]/u;

/** The text as it is. Throws service_text_invalid: a new line in a path would be a setting of its own. */
export function oneLine(text: string): string {
  if (!UNFIT.test(text)) return text;
  throw unfit(text, "holds a control character or a broken one");
}

export function unfit(text: string, why: string): ServiceError {
  return new ServiceError(
    "service_text_invalid",
    `${JSON.stringify(text)} ${why}`,
    "Choose another path: the service manager cannot be told of this one safely.",
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** As the content of an element. Throws service_text_invalid. */
export function xmlText(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
