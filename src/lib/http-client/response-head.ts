// Reads the head of an answer, strictly: what two readers could take for two things is refused (RFC 9112, 2 to 5).
import { FramingError } from "../http-error.ts";

export interface ResponseHead {
  readonly status: number;
  /** HTTP/1.1, which keeps its connection unless it says otherwise; 1.0 does not. */
  readonly persistent: boolean;
  /** Names in lower case as they came, each followed by its value. */
  readonly fields: readonly string[];
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** No space before the colon, and none at the beginning: that would be the line before, continued. */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Control characters; a CR or LF by itself is one. */
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const LINE_END = "\r\n";

/** @param text Latin-1, without the blank line at its end. Throws FramingError. */
export function parseResponseHead(text: string): ResponseHead {
  const end = lineEnd(text, 0);
  const [, minor, status] = STATUS_LINE.exec(text.slice(0, end)) ?? [];
  if (status === undefined) throw new FramingError("a first line that is no status line");
  const fields = parseFields(text, end + LINE_END.length);
  const persistent = minor === "1" && !listOf(fields, "connection").includes("close");
  return { status: Number(status), persistent, fields };
}

/** Names in lower case, each followed by its value; of a trailer too. @param from where the first begins. Throws FramingError. */
export function parseFields(text: string, from: number): string[] {
  const fields: string[] = [];
  for (let at = from; at < text.length; ) {
    const end = lineEnd(text, at);
    const colon = text.indexOf(":", at);
    const name = text.slice(at, colon);
    const value = trimmed(text, colon + 1, end);
    if (colon < 0 || colon > end || !NAME.test(name) || NOT_IN_A_VALUE.test(value)) {
      throw new FramingError("a header line that is none");
    }
    fields.push(name.toLowerCase(), value);
    at = end + LINE_END.length;
  }
  return fields;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf(LINE_END, from);
  return end < 0 ? text.length : end;
}

/** Without the spaces and tabs around it; the language's own trim takes more than these. */
function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The values of a header, each as often as it came. */
export function valuesOf(fields: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) values.push(fields[i + 1] ?? "");
  return values;
}

/** The members of a header that is a list, in lower case. */
export function listOf(fields: readonly string[], name: string): string[] {
  return valuesOf(fields, name).flatMap((value) => value.split(",").map((member) => member.trim().toLowerCase()));
}
