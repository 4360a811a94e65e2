// What the ICL's word for a job's state means for whoever works on it.
import type { JobOutcome } from "../../jobs/job.ts";

const DECIDED: Readonly<Record<string, JobOutcome>> = {
  ACCEPTED: "settled",
  REJECTED: "unpaid",
  DISPUTED: "unpaid",
  TIMEDOUT: "unpaid",
};

/** Undefined: not yet; the ICL calls whatever it does not know "QUEUED", too. */
export function decided(status: string): JobOutcome | undefined {
  return Object.hasOwn(DECIDED, status) ? DECIDED[status] : undefined;
}
