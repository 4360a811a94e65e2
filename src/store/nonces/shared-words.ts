// A file as an array of 64-bit words that all processes of a node share, and that outlives any of them.
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";

export interface SharedWords {
  readonly words: BigInt64Array;
  /** A word was changed: where the file is not mapped, it is written now. */
  changed(index: number): void;
  /** It is not used any more: its memory is given back in time. */
  close(): void;
}

const WORD = 8;
const ZEROS = new Uint8Array(64 * 1024);

/**
 * The words of that file, which is made when it is missing: zero but for the `first`. Of several processes
 * that make it at once one wins, and all get its file. Every byte is written before it is there for anybody, so that a
 * full disk is an error here, and not a fault of memory later.
 */
export function shareWords(path: string, count: number, mapping: boolean, first: readonly bigint[] = []): SharedWords {
  return openWords(path, mapping) ?? publish(path, count, mapping, first);
}

/** undefined when there is no such file. */
export function openWords(path: string, mapping: boolean): SharedWords | undefined {
  try {
    return mapping ? mapped(path) : written(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Bun maps no files on Windows; there one process serves, and needs nobody to share with. */
export const CAN_MAP = process.platform !== "win32";

function publish(path: string, count: number, mapping: boolean, first: readonly bigint[]): SharedWords {
  const draft = `${path}.${process.pid}.new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const file = openSync(draft, "w", 0o600);
    try {
      for (let at = 0; at < count * WORD; )
        at += writeSync(file, ZEROS, 0, Math.min(ZEROS.length, count * WORD - at), at);
      writeSync(file, new Uint8Array(BigInt64Array.from(first).buffer), 0, first.length * WORD, 0);
    } finally {
      closeSync(file);
    }
    try {
      linkSync(draft, path);
    } catch (error) {
      // Another process was faster: its file is the one.
      if (!hasCode(error, "EEXIST")) throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const made = openWords(path, mapping);
  if (!made) throw new Error(`${path} was deleted as it was made`);
  return made;
}

function mapped(path: string): SharedWords {
  const bytes = Bun.mmap(path, { shared: true });
  // The mapping ends when nobody holds the words any more.
  return { words: wordsOf(path, bytes), changed() {}, close() {} };
}

function written(path: string): SharedWords {
  const words = wordsOf(path, new Uint8Array(readFileSync(path)));
  const file = openSync(path, "r+");
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  return {
    words,
    changed: (index) => void writeSync(file, bytes, index * WORD, WORD, index * WORD),
    close: () => closeSync(file),
  };
}

function wordsOf(path: string, bytes: Uint8Array): BigInt64Array {
  if (bytes.length === 0 || bytes.length % WORD !== 0 || bytes.byteOffset % WORD !== 0) {
    throw new StoreError("store_broken", 500, `${path} is damaged: it has ${bytes.length} bytes`, {
      hint: `Stop the node, delete the folder ${dirname(path)}, wait for twice auth.maxClockSkew, and start it again.`,
    });
  }
  return new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD);
}

function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
