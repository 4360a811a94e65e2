// Why a URL that a stranger named was not reached; only the log learns it.
import { FxnError } from "../core/errors.ts";

/** Messages never hold a path, a query, or what the other side sent. */
export class ReachError extends FxnError<"unreachable" | "reach_aborted"> {}

export function unreachable(why: string): ReachError {
  return new ReachError("unreachable", 502, why);
}

/** The runtime's messages may quote what the other side sent; its codes do not. */
export function reasonOf(error: unknown): string {
  if (error instanceof ReachError) return error.message;
  return error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
}
