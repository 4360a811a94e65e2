// Splits a stream of server-sent events into whole events, byte for byte as they came (WHATWG HTML, 9.2.6).
import { FxnError } from "../core/errors.ts";

export class SseError extends FxnError<"sse_event_too_large"> {}

const LF = 10;
const CR = 13;
const MAX_EVENT_BYTES = 8 * 1024 * 1024;
const LINE_END = /\r\n|\n|\r/;

export class SseEvent {
  /** Every byte of the event, its blank line included. */
  readonly raw: Uint8Array;

  constructor(raw: Uint8Array) {
    this.raw = raw;
  }

  /** Its data lines joined; undefined when it has none (a comment). Decoded at each call. */
  data(): string | undefined {
    const lines = Buffer.from(this.raw.buffer, this.raw.byteOffset, this.raw.byteLength).toString().split(LINE_END);
    const data = lines.filter((line) => line === "data" || line.startsWith("data:"));
    return data.length === 0 ? undefined : data.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
  }
}

/**
 * A blank line ends an event; lines end in LF, CR LF or CR. Where a chunk ends in the CR of a blank line, the event waits
 * for an LF only if the line before ended in CR LF; else it is whole, and an LF that follows nevertheless opens the next
 * event's bytes, where a reader of events skips it.
 */
export class SseSplitter {
  readonly #maxEventBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #lineIsEmpty = true;
  #afterCr = false;
  /** The last line that was not blank ended in CR LF. */
  #usesCrLf = false;
  /** The held event is whole but for an LF that probably follows. */
  #awaitsLf = false;

  constructor(maxEventBytes = MAX_EVENT_BYTES) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** The events that `chunk` completes. Throws SseError when one grows beyond the limit. */
  push(chunk: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    let start = 0;
    const endEvent = (end: number) => {
      events.push(new SseEvent(this.#take(chunk.subarray(start, end))));
      start = end;
    };
    let i = 0;
    if (this.#awaitsLf && chunk.length > 0) {
      this.#awaitsLf = false;
      if (chunk[0] === LF) i = 1;
      endEvent(i);
    }
    for (; i < chunk.length; i++) {
      const byte = chunk[i];
      if (byte === LF && this.#afterCr) {
        this.#afterCr = false;
        this.#usesCrLf = true;
        continue;
      }
      this.#afterCr = byte === CR;
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false;
      } else if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
        this.#usesCrLf = false;
      } else if (byte === CR && this.#usesCrLf && i + 1 === chunk.length) {
        this.#awaitsLf = true;
        this.#afterCr = false;
      } else {
        if (byte === CR && chunk[i + 1] === LF) {
          i++;
          this.#afterCr = false;
        }
        endEvent(i + 1);
      }
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return events;
  }

  /** What came after the last whole event, if anything. */
  rest(): SseEvent | undefined {
    return this.#heldBytes === 0 ? undefined : new SseEvent(this.#take(new Uint8Array(0)));
  }

  #hold(piece: Uint8Array): void {
    this.#heldBytes += piece.length;
    if (this.#heldBytes > this.#maxEventBytes) {
      throw new SseError("sse_event_too_large", 502, `an event is larger than ${this.#maxEventBytes} bytes`);
    }
    this.#held.push(piece);
  }

  #take(last: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return last;
    this.#hold(last);
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }
}
