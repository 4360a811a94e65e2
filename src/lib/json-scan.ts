// Finds the top-level members of a JSON object in its bytes, which may come in any pieces; nothing is decoded or kept.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Space and below: JSON's white space, and what valid JSON does not hold outside of strings. */
const SPACE = 0x20;

/** Offsets from the first byte; `end` is the offset after the last one. Keys include their quotes. */
export interface JsonVisitor {
  key?(start: number, end: number): void;
  valueBegins?(start: number): void;
  value?(start: number, end: number): void;
}

/** The bytes must be valid JSON: of anything else it reports nonsense, and does not fail. */
export class JsonScanner {
  readonly #visit: JsonVisitor;
  #offset = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #keyStart = -1;
  #valueStart = -1;
  #expectsValue = false;
  /** After the last byte that is not white space. */
  #end = 0;

  constructor(visit: JsonVisitor) {
    this.#visit = visit;
  }

  push(bytes: Uint8Array): void {
    let i = 0;
    while (i < bytes.length) {
      if (this.#inString) i = this.#skipString(bytes, i);
      else if (this.#depth > 1) i = this.#skipNested(bytes, i);
      else {
        const byte = bytes[i] ?? SPACE;
        if (byte > SPACE) this.#token(byte, this.#offset + i);
        i++;
      }
    }
    this.#offset += bytes.length;
  }

  /** Strings are most of a body; the search for their end is native. Returns the index after it. */
  #skipString(bytes: Uint8Array, from: number): number {
    let i = from;
    if (this.#escaped) i++;
    for (;;) {
      const quote = bytes.indexOf(QUOTE, i);
      const end = quote < 0 ? bytes.length : quote;
      let slashes = 0;
      while (end - slashes > i && bytes[end - slashes - 1] === BACKSLASH) slashes++;
      this.#escaped = slashes % 2 === 1 && quote < 0;
      if (quote < 0) return bytes.length;
      i = quote + 1;
      if (slashes % 2 === 0) break;
    }
    this.#inString = false;
    this.#end = this.#offset + i;
    if (this.#depth === 1 && !this.#expectsValue) this.#visit.key?.(this.#keyStart, this.#end);
    return i;
  }

  /** What lies deeper matters only for where it ends. Returns the index of the byte to look at next. */
  #skipNested(bytes: Uint8Array, from: number): number {
    let depth = this.#depth;
    let i = from;
    while (i < bytes.length && depth > 1) {
      const byte = bytes[i++];
      if (byte === QUOTE) {
        this.#inString = true;
        break;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    }
    this.#depth = depth;
    this.#end = this.#offset + i;
    return i;
  }

  #token(byte: number, at: number): void {
    const top = this.#depth === 1;
    if (top && (byte === COMMA || byte === CLOSE_BRACE)) this.#endMember();
    else if (top && byte === COLON) this.#expectsValue = true;
    else if (top && this.#expectsValue && this.#valueStart < 0) {
      this.#valueStart = at;
      this.#visit.valueBegins?.(at);
    }
    if (byte === QUOTE) {
      this.#inString = true;
      if (top && !this.#expectsValue) this.#keyStart = at;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth--;
    this.#end = at + 1;
  }

  #endMember(): void {
    if (this.#valueStart >= 0) this.#visit.value?.(this.#valueStart, this.#end);
    this.#valueStart = -1;
    this.#expectsValue = false;
  }
}
