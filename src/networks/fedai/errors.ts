// What fed_AI's node refuses, in the words of its wire: every answer that is no success is {"error": word, "details"?}.
import { FxnError } from "../../core/errors.ts";

/** The code is the wire's word. */
export class FedaiError extends FxnError {
  /** More for whoever asked: what is wrong with a body. */
  readonly details: readonly string[] | undefined;

  constructor(
    word: string,
    status: number,
    message: string,
    more: { details?: readonly string[]; hint?: string } = {},
  ) {
    super(word, status, message, more.hint === undefined ? {} : { hint: more.hint });
    this.details = more.details;
  }
}

export function failureResponse(error: FedaiError): Response {
  const { code, status, details } = error;
  return Response.json({ error: code, ...(details && { details }) }, { status });
}

/** What the server itself refuses, by its code. */
const SERVER_WORDS: Readonly<Record<string, string>> = {
  body_too_large: "payload-too-large",
  body_timeout: "request-timeout",
  body_incomplete: "invalid-json",
  buffers_full: "node-busy",
  unknown_url: "not-found",
  draining: "node-stopping",
};

/** Any error in the wire's words; one that is not of the wire keeps its status and shows nothing of itself. */
export function wireFailure(error: FxnError): Response {
  if (error instanceof FedaiError) return failureResponse(error);
  const word = SERVER_WORDS[error.code] ?? (error.status >= 500 ? "internal-error" : "invalid-request");
  return Response.json({ error: word }, { status: error.status, headers: error.headers });
}
