// How callers see an error: OpenAI's JSON, from what is meant to be shown.
import { FxnError } from "./errors.ts";

export interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string };
}

/** An error that we did not type shows nothing of itself. */
export function errorBody(error: unknown): ErrorBody {
  const { status, message, code } =
    error instanceof FxnError ? error : { status: 500, message: "internal error", code: "internal_error" };
  return { error: { message, type: typeOf(status), code } };
}

/** OpenAI's error types by status. */
function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
