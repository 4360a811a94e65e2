// How a request to a model server can fail to be answered, and what the socket's own errors mean in those words.
import type { BackendFailure } from "../core/backend.ts";
import { FxnError, messageOf } from "../core/errors.ts";

/** A server that is not well is for its probe to say, not for the transport. */
export type HttpClientCode = Exclude<BackendFailure, "unhealthy">;

const STATUS: Readonly<Record<HttpClientCode, number>> = {
  connect_failed: 502,
  connect_timeout: 504,
  reset: 502,
  first_byte_timeout: 504,
  idle_timeout: 504,
  cut: 502,
  aborted: 499,
  bad_response: 502,
};

/** Messages begin with the host; paths, queries and credentials are never in them. */
export class HttpClientError extends FxnError<HttpClientCode> {
  constructor(code: HttpClientCode, host: string, why: string, cause?: unknown) {
    super(code, STATUS[code], `${host}: ${why}`, { cause });
  }
}

/** An error of the socket or the parser, before the answer's headers. */
export function failureBeforeAnswer(error: unknown, host: string, connected: boolean): HttpClientError {
  if (error instanceof HttpClientError) return error;
  if (!connected) return new HttpClientError("connect_failed", host, `no connection: ${reasonOf(error)}`, error);
  return codeOf(error).startsWith("HPE_")
    ? new HttpClientError("bad_response", host, `the answer is not valid HTTP: ${reasonOf(error)}`, error)
    : new HttpClientError("reset", host, `connection lost before an answer: ${reasonOf(error)}`, error);
}

/** An error of the socket, the parser or a decompressor, in the middle of the body. */
export function failureInBody(error: unknown, host: string): HttpClientError {
  return error instanceof HttpClientError
    ? error
    : new HttpClientError("cut", host, `the answer was cut: ${reasonOf(error)}`, error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function reasonOf(error: unknown): string {
  return codeOf(error) || messageOf(error);
}
