// What the HTTP floor itself refuses, and how any error is shown to a caller.
import { errorBody } from "../core/error-body.ts";
import { FxnError } from "../core/errors.ts";

export type HttpCode =
  | "body_too_large"
  | "body_timeout"
  | "body_incomplete"
  | "buffers_full"
  | "unknown_url"
  | "draining"
  | "network_failed"
  | "host_not_allowed"
  | "cross_site"
  | "method_not_allowed"
  | "token_in_url"
  | "token_missing"
  | "token_wrong"
  | "too_many_tries"
  | "address_in_use";

export class HttpError extends FxnError<HttpCode> {}

export const JSON_TYPE = { "Content-Type": "application/json" };

/** A typed error as it is meant to be shown, with its status and headers; any other is a 500 that shows nothing. */
export function errorResponse(error: unknown): Response {
  const { status, headers } = error instanceof FxnError ? error : { status: 500, headers: {} };
  return Response.json(errorBody(error), { status, headers });
}
