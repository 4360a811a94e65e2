// Reading text from disk, as a port: tests bring their own.
import { readSmallFile } from "../lib/small-file.ts";

/** The text of a file, or undefined when there is none; throws when it cannot be read or is not UTF-8. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** A configuration has some KB. A node that reloads one reads and parses it while it serves. */
const MOST_BYTES = 4_000_000;

/** Of a configuration: no pipe, no device. */
export const readTextFile: ReadFile = async (path) => textIn(path, false);

/** Of whatever a person names to a command: a pipe, too. */
export const readAnyText: ReadFile = async (path) => textIn(path, true);

function textIn(path: string, orPipe: boolean): string | undefined {
  try {
    return textOf(readSmallFile(path, { mostBytes: MOST_BYTES, orPipe }));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`it is not UTF-8 text, but ${encodingOf(bytes)}: save it as UTF-8`, { cause });
  }
}

/** By the mark that Windows' editors and shell write first; else where the first wrong byte is. */
function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "UTF-16";
  const [right = ""] = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\uFFFD");
  return `something else from line ${right.split("\n").length} on`;
}
