// Why a step failed, as logs and records may say it.
import { FxnError } from "../../core/errors.ts";
import { clean } from "../../lib/clean.ts";

/** Only an FxnError's message is meant to be shown: another's may quote a job's content. */
export function shownError(error: unknown): string {
  if (error instanceof FxnError) return clean(error.message);
  return error instanceof Error ? `unexpected ${clean(error.name)}` : "unexpected failure";
}
