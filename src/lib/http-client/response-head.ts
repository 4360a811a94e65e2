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
/** No space before the colon, no continued line, no control characters: a CR or LF by itself is one. */
const FIELD =
  /^([!#$%&'*+.^_`|~\w-]+):[\t ]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[\t ]*$/;

/** @param text Latin-1, without the blank line at its end. Throws FramingError. */
export function parseResponseHead(text: string): ResponseHead {
  const lines = text.split("\r\n");
  const [, minor, status] = STATUS_LINE.exec(lines[0] ?? "") ?? [];
  if (status === undefined) throw new FramingError("a first line that is no status line");
  const fields: string[] = [];
  for (let i = 1; i < lines.length; i++) {
    const [, name = "", value = ""] = parseField(lines[i] ?? "");
    fields.push(name.toLowerCase(), value);
  }
  const persistent = minor === "1" && !listOf(fields, "connection").includes("close");
  return { status: Number(status), persistent, fields };
}

/** Also of a trailer. Throws FramingError. */
export function parseField(line: string): RegExpExecArray {
  const field = FIELD.exec(line);
  if (!field) throw new FramingError("a header line that is none");
  return field;
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
