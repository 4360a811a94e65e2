// How long a text is taken to be where nobody counts, and what is written of a prompt instead of the prompt.
import { createHash } from "node:crypto";

/** By the network's rule: four UTF-16 units are a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** SHA-256, lower-case hex. Without salt, as the wire has it: a short prompt can be guessed from it. */
export function promptHash(prompt: string): string {
  return createHash("sha256").update(prompt, "utf8").digest("hex");
}

/** What came from outside, fit for a log or an answer: one line, of a length. */
export function printable(text: string, most = 200): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ").slice(0, most);
}
