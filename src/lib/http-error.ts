// How a request to a model server can fail to be answered, and what the socket's own errors mean in those words.
import { BackendError, type BackendFailure } from "../core/backend.ts";
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
export class HttpClientError extends BackendError {
  constructor(code: HttpClientCode, host: string, why: string, cause?: unknown) {
    super(code, STATUS[code], `${host}: ${why}`, { cause });
  }
}

/** A request that cannot be written down as it is. The message does not quote it. */
export class HttpRequestError extends FxnError<"request_not_sendable"> {
  constructor(what: string) {
    super("request_not_sendable", 400, `the request cannot be sent: ${what}`);
  }
}

/** Bytes that are no HTTP/1.1 answer (RFC 9112), or not one that has only one meaning. */
export class FramingError extends FxnError<"not_http"> {
  constructor(what: string) {
    super("not_http", 502, what);
  }
}

/** An error of the socket or the parser, before the answer's headers. */
export function failureBeforeAnswer(error: unknown, host: string, connected: boolean): HttpClientError {
  if (error instanceof HttpClientError) return error;
  if (!connected) return new HttpClientError("connect_failed", host, `no connection: ${reasonOf(error)}`, error);
  return error instanceof FramingError
    ? new HttpClientError("bad_response", host, `the answer is not valid HTTP: ${error.message}`, error)
    : new HttpClientError("reset", host, `connection lost before an answer: ${reasonOf(error)}`, error);
}

/** An error of the socket, the parser or a decompressor, in the middle of the body. */
export function failureInBody(error: unknown, host: string): HttpClientError {
  return error instanceof HttpClientError
    ? error
    : new HttpClientError("cut", host, `the answer was cut: ${reasonOf(error)}`, error);
}

function reasonOf(error: unknown): string {
  const named = error instanceof Error && !(error instanceof FxnError) && "code" in error;
  return named ? String(error.code) : messageOf(error);
}
