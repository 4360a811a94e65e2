// What the HTTP floor itself refuses, and how any error is shown to a caller.
import { FxnError } from "../core/errors.ts";

export type HttpCode =
  | "body_too_large"
  | "body_timeout"
  | "body_incomplete"
  | "buffers_full"
  | "unknown_url"
  | "draining"
  | "host_not_allowed"
  | "address_in_use";

export class HttpError extends FxnError<HttpCode> {}

/** The OpenAI error types by status. */
function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** `{"error":{"message","type","code"}}`: from what is meant to be shown; an error that we did not type shows nothing. */
export function errorResponse(error: unknown): Response {
  const known = error instanceof FxnError;
  const status = known ? error.status : 500;
  const shown = known
    ? { message: error.message, code: error.code }
    : { message: "internal error", code: "internal_error" };
  return Response.json(
    { error: { message: shown.message, type: typeOf(status), code: shown.code } },
    { status, headers: known ? error.headers : {} },
  );
}
