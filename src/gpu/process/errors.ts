// What ends a call of the compute process: its own end, or a failure that came over the wire.
import { FxnError, messageOf } from "../../core/errors.ts";
import type { Failure } from "./protocol.ts";

export type ComputeCode =
  /** It cannot be started. */
  | "compute_missing"
  /** It died, or was ended since it hung. */
  | "compute_ended"
  /** The node itself is stopping. */
  | "compute_stopped";

export class ComputeError extends FxnError<ComputeCode> {}

export function missing(cause: unknown): ComputeError {
  return new ComputeError("compute_missing", 500, "the process that computes cannot be started", {
    cause,
    hint: "Was the program moved or replaced while the node ran? Start the node again.",
  });
}

export function endedEarly(): ComputeError {
  return new ComputeError("compute_ended", 500, "the process that computes ended while it worked");
}

export function stopping(): ComputeError {
  return new ComputeError("compute_stopped", 503, "this node is stopping");
}

/** The error that the process's own was. */
export function errorOf({ code, status, message, hint, headers, cause }: Failure): FxnError {
  return new FxnError(code, status, message, {
    headers,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}

/** What was not meant to be shown goes along as the cause, for the node's log. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof FxnError)) {
    return {
      code: "compute_failed",
      status: 500,
      message: "the computation failed",
      headers: {},
      cause: messageOf(error),
    };
  }
  const { code, status, message, hint, headers, cause } = error;
  return { code, status, message, hint, headers, cause: cause === undefined ? undefined : messageOf(cause) };
}
