// Reads the usage member out of a JSON answer while it passes, however large: nothing else of it is kept.
import { JsonScanner } from "../lib/json-scan.ts";
import { type Meter, NO_TOKENS, type Tokens } from "./meter.ts";
import { isObject } from "./request.ts";
import { type Usage, usageOf } from "./usage.ts";

/** A usage object that is larger is none. */
const MAX_KEPT_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** The tokens of an answer that is there whole, and is small enough to be parsed at once. */
export function meterOf(whole: Uint8Array): Meter {
  const usage = parsedMember(whole);
  return { tokens: () => (usage ? { ...usage, source: "backend" } : NO_TOKENS) };
}

function parsedMember(whole: Uint8Array): Usage | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString());
    return isObject(value) ? usageOf(value.usage) : undefined;
  } catch {
    return undefined;
  }
}

export class BodyMeter implements Meter {
  readonly #scanner: JsonScanner;
  #usage: Usage | undefined;
  /** Bytes before the next chunk that the scanner may still report on. */
  #kept: Uint8Array = NOTHING;
  #scanned = 0;
  /** The kept bytes and the chunk that is being scanned. */
  #window: Uint8Array = NOTHING;
  #windowStart = 0;
  /** The offset from which bytes are of interest; undefined in a value that is not. */
  #needFrom: number | undefined = 0;
  #wanted = false;

  constructor() {
    this.#scanner = new JsonScanner({
      key: (start, end) => {
        this.#wanted = this.#text(start, end) === `"usage"`;
        this.#needFrom = end;
      },
      valueBegins: (start) => {
        this.#needFrom = this.#wanted ? start : undefined;
      },
      value: (start, end) => {
        if (this.#wanted) this.#usage = parseUsage(this.#text(start, end)) ?? this.#usage;
        this.#needFrom = end;
      },
    });
  }

  push(chunk: Uint8Array): void {
    if (this.#kept.length > MAX_KEPT_BYTES) return;
    this.#windowStart = this.#scanned - this.#kept.length;
    this.#window = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#scanner.push(chunk);
    this.#scanned += chunk.length;
    // Of a value that is not wanted nothing was kept, also when its end is reported late, at the comma after it.
    const from = Math.max(0, (this.#needFrom ?? this.#scanned) - this.#windowStart);
    this.#kept = this.#window.subarray(from);
    this.#window = NOTHING;
  }

  tokens(): Tokens {
    return this.#usage ? { ...this.#usage, source: "backend" } : NO_TOKENS;
  }

  #text(start: number, end: number): string {
    return Buffer.from(this.#window.subarray(start - this.#windowStart, end - this.#windowStart)).toString();
  }
}

function parseUsage(text: string): Usage | undefined {
  try {
    return usageOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
