// Splits a stream of bytes into lines of text, none of them longer than a bound.
import { FxnError } from "../core/errors.ts";

export class LineError extends FxnError<"line_too_long"> {}

const LF = 10;

export class LineSplitter {
  readonly #maxBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, without their ends. Throws LineError when one grows beyond the bound. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#held).toString());
      this.#held = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return lines;
  }

  #hold(piece: Uint8Array): void {
    this.#heldBytes += piece.length;
    if (this.#heldBytes > this.#maxBytes) {
      throw new LineError("line_too_long", 502, `a line is longer than ${this.#maxBytes} bytes`);
    }
    this.#held.push(piece);
  }
}
