// Text that came from a network, made fit for a log, a terminal or a record: no control characters, no more than a line.
import { FxnError } from "../../core/errors.ts";

const LONGEST = 200;
/** C0, DEL, C1, the line separators, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

export function shown(text: string, longest = LONGEST): string {
  const plain = text.toWellFormed().replace(UNPRINTABLE, " ").trim();
  return plain.length > longest ? `${plain.slice(0, longest).toWellFormed()}…` : plain;
}

/** Why something failed. Only an FxnError's message is meant to be shown: another's may quote a job's content. */
export function shownError(error: unknown): string {
  if (error instanceof FxnError) return shown(error.message);
  return error instanceof Error ? `unexpected ${shown(error.name)}` : "unexpected failure";
}
