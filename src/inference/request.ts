// What inference needs to know of a request's body: the model, whether it streams; parsed once, changed never.
import { DEFAULT_ROUTES } from "../config/models-schema.ts";
import type { InferenceCall } from "../core/inference.ts";
import { InferenceError } from "./errors.ts";

export interface InferenceRequest {
  /** The body's members; undefined for a body that is not JSON (a file upload, or none). */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** The text that was parsed; undefined when it is too long to be kept, and when `json` is. */
  readonly text: string | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
}

/** The routes whose streams know stream_options and end in [DONE]. */
export const COMPLETION_ROUTES: readonly string[] = ["/v1/chat/completions", "/v1/completions"];
/** Characters; a request may wait for long, and its bytes are kept as well. */
const KEPT_TEXT = 64 * 1024;
const JSON_ROUTES: readonly string[] = DEFAULT_ROUTES;

/** Throws InferenceError for a body that should be a JSON object and is not. */
export function parseRequest({
  method,
  path,
  headers,
  body,
}: Pick<InferenceCall, "method" | "path" | "headers" | "body">): InferenceRequest {
  if (!JSON_ROUTES.includes(path) && !claimsJson(method, headers, body)) {
    return { json: undefined, text: undefined, model: undefined, stream: false };
  }
  const text = textOf(body);
  const json = parseObject(text);
  const { model, stream } = json;
  if (model !== undefined && typeof model !== "string") {
    throw new InferenceError("invalid_body", 400, "the field 'model' must be a string");
  }
  // A server that takes "true" for true would stream what is metered as a whole answer.
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw new InferenceError("invalid_body", 400, "the field 'stream' must be true or false");
  }
  return { json, text: text.length > KEPT_TEXT ? undefined : text, model, stream: stream === true };
}

function claimsJson(method: string, headers: Headers, body: Uint8Array): boolean {
  return method === "POST" && body.length > 0 && /json|^$/i.test(headers.get("content-type") ?? "");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new InferenceError("invalid_body", 400, "the body is not valid UTF-8", { cause });
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the body, and the body is a prompt: it must not reach a log.
    throw new InferenceError("invalid_body", 400, "the body is not valid JSON");
  }
  if (!isObject(value)) throw new InferenceError("invalid_body", 400, "the body must be a JSON object");
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
