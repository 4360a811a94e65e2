// One answer out of the bytes of a connection, however they are cut: pure, and strict about where it ends.
import { FramingError } from "../http-error.ts";
import { type BodyFraming, bodyFraming } from "./body-framing.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { parseResponseHead, type ResponseHead } from "./response-head.ts";

/** Of all heads of an answer together, 1xx ones included. Room for proxies that add much; Node's own default is 16 KB. */
const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = "\r\n\r\n";
const BEGINNING = "HTTP/1.";
const NOTHING = Buffer.alloc(0);

export interface ResponseSink {
  head(head: ResponseHead, framing: BodyFraming): void;
  /** Slices of what was pushed. */
  body(bytes: Uint8Array): void;
}

export class ResponseParser {
  readonly #toHead: boolean;
  readonly #sink: ResponseSink;
  #phase: "head" | "length" | "chunked" | "close" | "done" = "head";
  /** The beginning of a head that a read has cut. */
  #held: Buffer = NOTHING;
  #headBytes = 0;
  /** Bytes of a body with a length that are still to come. */
  #left = 0;
  #chunked: ChunkedBody | undefined;
  #persistent = false;
  #surplus = false;

  /** @param toHead whether the answer is one to HEAD */
  constructor(toHead: boolean, sink: ResponseSink) {
    this.#toHead = toHead;
    this.#sink = sink;
  }

  get done(): boolean {
    return this.#phase === "done";
  }

  /** Whether the connection may carry another request: not after an end that is not certain, nor with bytes behind it. */
  get reusable(): boolean {
    return this.done && this.#persistent && !this.#surplus;
  }

  /** Throws FramingError; nothing may be pushed after that. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#phase === "head") at = this.#pushHead(bytes, at);
      else if (this.#phase === "length") at = this.#pushLength(bytes, at);
      else if (this.#chunked && this.#phase === "chunked") {
        at = this.#chunked.push(bytes, at);
        if (this.#chunked.done) this.#phase = "done";
      } else if (this.#phase === "close") at = this.#pass(bytes, at, bytes.length);
      else {
        this.#surplus = true;
        return;
      }
    }
  }

  /** The server has ended the connection. @returns whether that, or something before, was the answer's end */
  end(): boolean {
    if (this.#phase === "close") this.#phase = "done";
    return this.done;
  }

  #pushHead(bytes: Buffer, from: number): number {
    const before = this.#held.length;
    const rest = from === 0 ? bytes : bytes.subarray(from);
    const all = before === 0 ? rest : Buffer.concat([this.#held, rest]);
    // The mark may begin in what was held.
    const end = all.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length + 1), "latin1");
    const size = end < 0 ? all.length : end + HEAD_END.length;
    if (this.#headBytes + size > MAX_HEAD_BYTES) throw new FramingError(`headers of more than ${MAX_HEAD_BYTES} bytes`);
    if (end < 0) {
      const start = all.toString("latin1", 0, BEGINNING.length);
      if (!BEGINNING.startsWith(start)) throw new FramingError("a first line that is no status line");
      this.#held = all;
      return bytes.length;
    }
    this.#held = NOTHING;
    this.#headBytes += size;
    this.#readHead(parseResponseHead(all.toString("latin1", 0, end)));
    return from + size - before;
  }

  #readHead(head: ResponseHead): void {
    if (head.status === 101) throw new FramingError("a switch to another protocol, unasked");
    if (head.status < 200) return;
    const framing = bodyFraming(head, this.#toHead);
    this.#persistent = head.persistent && framing.kind !== "close";
    if (framing.kind === "length") this.#left = framing.bytes;
    if (framing.kind === "chunked") this.#chunked = new ChunkedBody((bytes) => this.#sink.body(bytes));
    const empty = framing.kind === "none" || (framing.kind === "length" && framing.bytes === 0);
    this.#phase = empty ? "done" : framing.kind;
    this.#sink.head(head, framing);
  }

  #pushLength(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    if (this.#left === 0) this.#phase = "done";
    return this.#pass(bytes, from, end);
  }

  #pass(bytes: Buffer, from: number, end: number): number {
    this.#sink.body(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
    return end;
  }
}
