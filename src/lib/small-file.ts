// THE way to read a small file that a setting or a person names: no pipe is waited for, and no device read without end.
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

export interface SmallFile {
  readonly mostBytes: number;
  /** Who named it waits at a terminal: it may be a pipe, such as `<(pass show key)`. */
  readonly orPipe?: boolean;
  /** Throws for what is not to be read; the very file that was checked is the one that is read. */
  readonly check?: (stats: Stats) => void;
}

const CHUNK = 64 * 1024;
/** Without it, to open a pipe into which nobody writes would be to wait. Windows has neither. */
const NO_WAIT = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Throws what opening and reading throw, and an Error that goes behind "cannot be read: ". */
export function readSmallFile(path: string, { mostBytes, orPipe = false, check }: SmallFile): Buffer {
  const fd = openSync(path, orPipe ? "r" : NO_WAIT);
  try {
    const stats = fstatSync(fd);
    if (stats.isDirectory() || !(orPipe || stats.isFile())) throw new Error("it is no file");
    check?.(stats);
    // A file of 100 MB is not read to say so.
    if (stats.size > mostBytes) throw new Error(`it has ${size(stats.size)}, and may have ${size(mostBytes)} at most`);
    return readOpen(fd, mostBytes);
  } finally {
    closeSync(fd);
  }
}

/** The same for the text of what is open already, up to its end. */
export function readOpen(fd: number, mostBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.alloc(CHUNK);
    const count = readSync(fd, chunk, 0, CHUNK, null);
    if (count === 0) return Buffer.concat(chunks);
    length += count;
    if (length > mostBytes) throw new Error(`it has more than ${size(mostBytes)}`);
    chunks.push(chunk.subarray(0, count));
  }
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} KB` : `${Math.round(bytes / 1e6)} MB`;
}
