// Reading text from disk, as a port: tests bring their own.
import { readFile } from "node:fs/promises";

/** The text of a file, or undefined when there is none; throws when it cannot be read or is not UTF-8. */
export type ReadFile = (path: string) => Promise<string | undefined>;

export const readTextFile: ReadFile = async (path) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw new Error("it is not UTF-8 text", { cause: error });
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};
