// JSON that keeps what JSON.parse loses: 25.0 is not 25, and integers beyond 2^53 are exact. Read strictly, written canonically.
import { OarnError } from "./errors.ts";

/** Whole numbers of 64 bits are bigint; all others, and -0, are doubles. */
export type Exact = null | boolean | string | bigint | number | readonly Exact[] | ReadonlyMap<string, Exact>;

export interface ExactLimits {
  /** Characters of the text. */
  readonly maxLength: number;
}

/** As deep as the network's own parser goes. */
const MAX_DEPTH = 127;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** More digits than a double or 64 bits can need are no number that anybody means. */
const MAX_DIGITS = 400;

/** @throws OarnError "oarn_json" that says where, never what */
export function parseExact(text: string, { maxLength }: ExactLimits): Exact {
  if (text.length > maxLength) throw new OarnError("oarn_json", 400, `JSON of more than ${maxLength} characters`);
  return new Reader(text).document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Exact {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong();
    return value;
  }

  #value(depth: number): Exact {
    if (depth > MAX_DEPTH) throw new OarnError("oarn_json", 400, "JSON that is nested too deep");
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") return this.#mapping(depth);
    if (first === "[") return this.#sequence(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #mapping(depth: number): ReadonlyMap<string, Exact> {
    const entries = new Map<string, Exact>();
    this.#at++;
    if (this.#passes("}")) return entries;
    for (;;) {
      this.#space();
      const key = this.#string();
      if (!this.#passes(":")) throw this.#wrong();
      // The last of two equal keys counts.
      entries.set(key, this.#value(depth + 1));
      if (this.#passes("}")) return entries;
      if (!this.#passes(",")) throw this.#wrong();
    }
  }

  #sequence(depth: number): readonly Exact[] {
    const items: Exact[] = [];
    this.#at++;
    if (this.#passes("]")) return items;
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#passes("]")) return items;
      if (!this.#passes(",")) throw this.#wrong();
    }
  }

  #string(): string {
    const from = this.#at;
    if (this.#text[from] !== '"') throw this.#wrong();
    let end = from + 1;
    // Not by a pattern: those run out of stack in a string of megabytes.
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    const found = stringOf(this.#text.slice(from, end + 1));
    // Half a pair of surrogates has no UTF-8.
    if (found === undefined || !found.isWellFormed()) throw this.#wrong();
    this.#at = end + 1;
    return found;
  }

  #number(): bigint | number {
    const [text, fraction, exponent] = this.#match(NUMBER);
    if (text.length > MAX_DIGITS) throw this.#wrong();
    if (fraction === undefined && exponent === undefined && text !== "-0") {
      const whole = BigInt(text);
      if (whole >= LEAST && whole <= MOST) return whole;
    }
    const double = Number(text);
    if (!Number.isFinite(double)) throw this.#wrong();
    return double;
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) throw this.#wrong();
    this.#at += match[0].length;
    return match;
  }

  #passes(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }

  #wrong(): OarnError {
    return new OarnError("oarn_json", 400, `not JSON, at character ${this.#at}`);
  }
}

function stringOf(quoted: string): string | undefined {
  try {
    const found: unknown = JSON.parse(quoted);
    return typeof found === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}

/** No spaces, keys in the order of their bytes, doubles with a point or an exponent. */
export function writeExact(value: Exact): string {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return writeDouble(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(writeExact).join(",")}]`;
  const keys = [...value.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${writeExact(value.get(key) ?? null)}`).join(",")}}`;
}

/** What JSON.stringify would take, of plain values. */
export function exactOf(record: Readonly<Record<string, Exact>>): ReadonlyMap<string, Exact> {
  return new Map(Object.entries(record));
}

function isList(value: Exact): value is readonly Exact[] {
  return Array.isArray(value);
}

/** The shortest digits that read back as the same double; an exponent beyond 16 digits before the point and 5 zeros after it. */
function writeDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [, sign = "", first = "", rest = "", power = "0"] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const digits = first + rest;
  const point = Number(power) + 1;
  if (point > 16 || point <= -5) return `${sign}${first}${rest && `.${rest}`}e${Number(power)}`;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (digits.length <= point) return `${sign}${digits.padEnd(point, "0")}.0`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
