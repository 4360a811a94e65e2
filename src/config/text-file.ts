// Reading text from disk, as a port: tests bring their own.
import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";

/** The text of a file, or undefined when there is none; throws when it cannot be read or is not UTF-8. */
export type ReadFile = (path: string) => Promise<string | undefined>;

/** A configuration has some KB. A node that reloads one reads and parses it while it serves. */
const MOST_BYTES = 4_000_000;

/** Of a configuration: a pipe would be waited for without end, a device read without end. */
export const readTextFile: ReadFile = (path) =>
  ifThere(async () => {
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Error("it is no file");
      if (found.size > MOST_BYTES) throw new Error(`it has ${megabytes(found.size)}, and a configuration some KB`);
      return textOf(await file.readFile());
    } finally {
      await file.close();
    }
  });

/** Of whatever a person names to a command: a pipe, too. */
export const readAnyText: ReadFile = (path) => ifThere(async () => textOf(await readFile(path)));

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error("it is not UTF-8 text", { cause });
  }
}

async function ifThere(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
