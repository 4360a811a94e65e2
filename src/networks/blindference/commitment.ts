// What a quorum compares: a hash over the output's CID and its text, whose white space is folded as Python folds it.
import { createHash } from "node:crypto";

/** JavaScript's \s lacks 1C to 1F and 85, and has FEFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts these as white space
const SPACES = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** Python's " ".join(text.split()). */
export function normalize(text: string): string {
  return text.replace(SPACES, " ").replace(/^ | $/g, "");
}

/** @param cid as it was received @returns 64 lower-case hex digits */
export function commitmentOf(cid: string, text: string): string {
  return sha256(Buffer.concat([sha256(cid), sha256(normalize(text))])).toString("hex");
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
