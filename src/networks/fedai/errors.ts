// What fed_AI's node refuses, in the words of its wire: every answer that is no success is {"error": word, "details"?}.
import { FxnError } from "../../core/errors.ts";

interface Said {
  /** More for whoever asked: what is wrong with a body. */
  readonly details?: readonly string[];
  /** Another's word, passed on instead of the code; the code is of a fixed list, and may be counted. */
  readonly says?: string;
  readonly hint?: string;
}

/** The code is the wire's word. */
export class FedaiError extends FxnError {
  readonly details: readonly string[] | undefined;
  readonly says: string | undefined;

  constructor(word: string, status: number, message: string, { details, says, hint }: Said = {}) {
    super(word, status, message, hint === undefined ? {} : { hint });
    this.details = details;
    this.says = says;
  }
}

/** What the server itself refuses, by its code. */
const SERVER_WORDS: Readonly<Record<string, string>> = {
  body_too_large: "payload-too-large",
  body_timeout: "request-timeout",
  body_incomplete: "invalid-json",
  buffers_full: "node-busy",
  unknown_url: "not-found",
  draining: "node-stopping",
  network_failed: "node-busy",
};

/** Any error in the wire's words; one that is not of the wire keeps its status and shows nothing of itself. */
export function wireFailure(error: FxnError): Response {
  const { status, headers } = error;
  if (error instanceof FedaiError) {
    const { code, details, says } = error;
    return Response.json({ error: says ?? code, ...(details && { details }) }, { status });
  }
  const word = SERVER_WORDS[error.code] ?? (status >= 500 ? "internal-error" : "invalid-request");
  return Response.json({ error: word }, { status, headers });
}
