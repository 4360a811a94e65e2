// Writes a request's head, and refuses what would make two requests of one (request splitting).
import type { HttpRequest } from "../http-client.ts";
import { HttpRequestError } from "../http-error.ts";
import type { Target } from "./target.ts";

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** RFC 9110, 5.5: no line ends, no NUL, no other control characters; one byte each. */
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** What frames the message is this file's alone. */
const OWN: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding", "connection"]);

/** Latin-1 text up to and with the blank line. @param keep whether the connection is to be kept. Throws HttpRequestError. */
export function requestHead(request: HttpRequest, { origin, path, authorization }: Target, keep: boolean): string {
  const { method, headers, body } = request;
  if (!TOKEN.test(method)) throw new HttpRequestError("a method that is none");
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${origin.host}\r\n`;
  let authorized = false;
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (!TOKEN.test(name) || NOT_IN_A_VALUE.test(value))
      throw new HttpRequestError("a header with forbidden characters");
    const lower = name.toLowerCase();
    if (OWN.has(lower)) continue;
    if (lower === "authorization") authorized = true;
    head += `${name}: ${value}\r\n`;
  }
  if (authorization !== undefined && !authorized) head += `Authorization: ${authorization}\r\n`;
  if (body !== undefined || method === "POST") head += `Content-Length: ${body?.length ?? 0}\r\n`;
  return `${head}Connection: ${keep ? "keep-alive" : "close"}\r\n\r\n`;
}

/** Up to here one copy costs less than a second write. */
const ONE_WRITE_BYTES = 16 * 1024;

/** What to write, in order. */
export function requestBytes(head: string, body: Uint8Array | undefined): Uint8Array[] {
  if (body === undefined || body.length > ONE_WRITE_BYTES) {
    const first = Buffer.from(head, "latin1");
    return body === undefined ? [first] : [first, body];
  }
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, "latin1");
  bytes.set(body, head.length);
  return [bytes];
}
