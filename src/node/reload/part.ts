// The joint between a reload and what serves: each part opens what is new beside what it has, then all change over at once.
import type { ModelsConfig } from "../../config/models-schema.ts";
import type { Config } from "../../config/schema.ts";
import { FxnError, messageOf } from "../../core/errors.ts";
import type { OwnConfig } from "../../networks/config.ts";
import type { Files } from "./read.ts";

/** A configuration that a node runs with. */
export interface Configured {
  readonly config: Config;
  readonly models: ModelsConfig;
  /** The networks of their own accord that are on. */
  readonly networks: readonly OwnConfig[];
  readonly files: Files;
}

export interface Prepared {
  /** What the operator should know of it, though it refuses nothing. */
  readonly notes?: readonly string[];
  /** Takes over, in one step that cannot fail; another process may take a moment, and has when the result resolves. */
  commit(): void | Promise<void>;
  /** Lets go of what was opened. */
  discard(): void;
}

/** Of a part that a configuration does not change. */
export const NOTHING: Prepared = { commit() {}, discard() {} };

export class ReloadError extends FxnError<
  "reload_not_now" | "reload_refused" | "reload_file_gone" | "reload_needs_restart"
> {}

/** Everything that was done, or everything that went wrong in one error. @param letGo gets what was done, then */
export async function allOrErrors<T>(work: readonly Promise<T>[], letGo: (done: T) => void): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const done = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const errors = results.flatMap((result): unknown[] => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length === 0) return done;
  for (const one of done) letGo(one);
  const [first] = errors;
  if (first instanceof FxnError && new Set(errors.map(messageOf)).size === 1) throw first;
  throw new ReloadError("reload_refused", 500, [...new Set(errors.map(messageOf))].join("\n"), { cause: first });
}

export interface ReloadPart {
  /** Throws what refuses the configuration; nothing is left open then. */
  prepare(next: Configured): Promise<Prepared>;
}

export function notNow(why: string): ReloadError {
  return new ReloadError("reload_not_now", 409, why);
}

/** Of a node that starts, stops or is being replaced: nothing is wrong with the files. */
export function isNotNow(error: unknown): boolean {
  return error instanceof ReloadError && error.code === "reload_not_now";
}
