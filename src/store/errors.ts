// What can go wrong with durable state; a request that needs it is refused, never served on a guess.
import { FxnError } from "../core/errors.ts";

export type StoreCode = "store_unavailable" | "store_broken" | "store_unknown" | "store_too_new" | "already_running";

export class StoreError extends FxnError<StoreCode> {}

/** Runs one step on the database; a failure (full disk, broken file) becomes a StoreError. */
export function guarded<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw storeUnavailable(what, cause);
  }
}

export function storeUnavailable(what: string, cause: unknown): StoreError {
  return new StoreError("store_unavailable", 503, `${what} failed: durable state is not available`, {
    cause,
    hint: "Is the disk full, or the node's home not writable? See the log for the cause.",
    headers: { "Retry-After": "5" },
  });
}
