// Takes the chunks of a body apart, wherever a read may cut them (RFC 9112, 7.1). Extensions and trailers are dropped.
import { FramingError } from "../http-error.ts";
import { parseFields } from "./response-head.ts";

const LF = 10;
/** Bytes of a size line; what follows the size is an extension, which nobody uses. */
const MAX_SIZE_LINE = 1024;
const MAX_TRAILER_BYTES = 64 * 1024;
/** At most 13 digits: a number that is exact. */
const SIZE = /^([\da-f]{1,13})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/i;

/** What the next line is: a chunk's size, the empty line after a chunk's bytes, one of the trailer, or none. */
type Line = "size" | "after" | "trailer" | "none";

export class ChunkedBody {
  readonly #body: (bytes: Uint8Array) => void;
  #line: Line = "size";
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  /** The beginning of a line that a read has cut. */
  #held = "";
  #trailerBytes = 0;

  constructor(body: (bytes: Uint8Array) => void) {
    this.#body = body;
  }

  get done(): boolean {
    return this.#line === "none";
  }

  /** @returns where it stopped: behind the body's end, or at the end of `bytes`. Throws FramingError. */
  push(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.done) {
      if (this.#left > 0) {
        const end = Math.min(bytes.length, at + this.#left);
        this.#body(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        continue;
      }
      const lf = bytes.indexOf(LF, at);
      const end = lf < 0 ? bytes.length : lf + 1;
      const line = this.#held + bytes.toString("latin1", at, end);
      if (line.length > this.#longest()) throw new FramingError("a line between chunks that is too long");
      if (lf < 0) this.#held = line;
      else this.#read(line);
      at = end;
    }
    return at;
  }

  /** With its end, for the kind of line that is next. */
  #longest(): number {
    if (this.#line === "after") return 2;
    return this.#line === "size" ? MAX_SIZE_LINE : MAX_TRAILER_BYTES - this.#trailerBytes;
  }

  #read(line: string): void {
    this.#held = "";
    if (!line.endsWith("\r\n")) throw new FramingError("a line between chunks that ends in LF alone");
    const text = line.slice(0, -2);
    if (this.#line === "trailer") this.#readTrailer(text);
    else if (this.#line === "size") this.#readSize(text);
    else if (text !== "") throw new FramingError("a chunk that is longer than its size");
    else this.#line = "size";
  }

  #readSize(text: string): void {
    const size = SIZE.exec(text)?.[1];
    if (size === undefined) throw new FramingError("a chunk size that is none");
    this.#left = Number.parseInt(size, 16);
    this.#line = this.#left === 0 ? "trailer" : "after";
  }

  #readTrailer(text: string): void {
    if (text === "") {
      this.#line = "none";
      return;
    }
    this.#trailerBytes += text.length + 2;
    parseFields(text, 0);
  }
}
