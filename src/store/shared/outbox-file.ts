// One file of lines that are appended at its end and taken away from its beginning.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync } from "node:fs";
import { guarded, storeUnavailable } from "../errors.ts";
import { type Appended, appendLines } from "../ledger/append-lines.ts";

const NEWLINE = 10;

export class OutboxFile {
  readonly #path: string;
  readonly #fd: number;
  #size: number;
  /** Bytes at the beginning that nobody needs any more. */
  #taken = 0;

  /** Opened or created, mode 0600. Throws StoreError, here and below. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = guarded("opening the ledger's outbox", () => openSync(path, "a+", 0o600));
    this.#size = fstatSync(this.#fd).size;
  }

  get size(): number {
    return this.#size;
  }

  /** They survive this process when this returns; a line that does not fit on the disk leaves nothing behind. */
  append(lines: readonly string[]): Appended {
    const appended = appendLines(this.#fd, this.#size, lines);
    this.#size += appended.bytes;
    return { ...appended, error: appended.error && storeUnavailable("writing the ledger's outbox", appended.error) };
  }

  /** Whole lines from where the last were taken, `most` bytes of them; what a crash left of a last one is none. */
  lines(most: number): { readonly lines: readonly string[]; readonly bytes: number } {
    const buffer = Buffer.alloc(Math.min(most, this.#size - this.#taken));
    const read = guarded("reading the ledger's outbox", () =>
      readSync(this.#fd, buffer, 0, buffer.length, this.#taken),
    );
    const bytes = buffer.subarray(0, read).lastIndexOf(NEWLINE) + 1;
    return { lines: buffer.toString("utf8", 0, bytes).split("\n").slice(0, -1), bytes };
  }

  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < this.#size) return;
    guarded("emptying the ledger's outbox", () => ftruncateSync(this.#fd, 0));
    this.#size = 0;
    this.#taken = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  remove(): void {
    this.close();
    guarded("deleting a file of the ledger's outbox", () => unlinkSync(this.#path));
  }
}
