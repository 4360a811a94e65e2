// A body between the connection and its reader: what has arrived and was not read yet, no more of it than a bound.
import type { ReplyBody } from "../../core/backend.ts";
import type { HttpClientError } from "../http-error.ts";

/** The connection's side, as far as the reader moves it. */
export interface BodySource {
  /** As much has arrived as may wait. */
  pause(): void;
  resume(): void;
  /** The reader waits for more. @param first nothing has come yet */
  waits(first: boolean): void;
  /** What the reader waited for is there. */
  served(): void;
  /** The reader wants no more. */
  leave(): void;
}

/** Above this the connection is paused. A read adds up to half a megabyte to it. */
const MAX_WAITING_BYTES = 256 * 1024;
/** Pieces up to this size together are one for the reader: a copy costs less than another turn. */
const JOINED_BYTES = 64 * 1024;

type Step = IteratorResult<Uint8Array, undefined>;
const END: Step = { done: true, value: undefined };

export class BodyQueue implements ReplyBody, AsyncIterator<Uint8Array, undefined> {
  readonly #source: BodySource;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #first = true;
  /** "open" until the body is whole, or can no longer become so. */
  #end: "open" | "whole" | HttpClientError = "open";
  #reader: PromiseWithResolvers<Step> | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** What a read has brought; the reader gets it with `flush`. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** A read is through. */
  flush(): void {
    if (this.#reader && this.#bytes > 0) this.#settle((reader) => reader.resolve(this.#take()));
    if (this.#bytes > MAX_WAITING_BYTES && this.#end === "open" && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  finish(): void {
    this.#end = "whole";
    this.#unpause();
    this.flush();
    this.#settle((reader) => reader.resolve(END));
  }

  /** What arrived before is still read, unless nobody is to have it any more. */
  fail(error: HttpClientError): void {
    this.#end = error;
    if (error.code === "aborted") this.#drop();
    this.#paused = false;
    this.flush();
    this.#settle((reader) => reader.reject(error));
  }

  whole(): Uint8Array | undefined {
    if (this.#end !== "whole") return undefined;
    const all = join(this.#pieces, this.#bytes);
    this.#drop();
    return all;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One at a time. */
  next(): Promise<Step> {
    if (this.#bytes > 0) return Promise.resolve(this.#take());
    if (this.#end === "whole") return Promise.resolve(END);
    if (this.#end !== "open") return Promise.reject(this.#end);
    this.#reader ??= Promise.withResolvers<Step>();
    this.#source.waits(this.#first);
    return this.#reader.promise;
  }

  return(): Promise<Step> {
    this.#drop();
    if (this.#end === "open") {
      this.#end = "whole";
      this.#source.leave();
      this.#settle((reader) => reader.resolve(END));
    }
    return Promise.resolve(END);
  }

  #take(): Step {
    this.#first = false;
    let count = 0;
    let size = 0;
    do size += this.#pieces[count++]?.length ?? 0;
    while (size + (this.#pieces[count]?.length ?? JOINED_BYTES) <= JOINED_BYTES);
    const taken = this.#pieces.splice(0, count);
    this.#bytes -= size;
    if (this.#bytes <= MAX_WAITING_BYTES) this.#unpause();
    return { done: false, value: join(taken, size) };
  }

  #unpause(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #drop(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  #settle(how: (reader: PromiseWithResolvers<Step>) => void): void {
    const reader = this.#reader;
    if (!reader) return;
    this.#reader = undefined;
    this.#source.served();
    how(reader);
  }
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces, bytes);
}
