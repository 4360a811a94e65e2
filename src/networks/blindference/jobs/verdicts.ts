// How the steps of a job end, in short.
import type { JobOutcome, StepName } from "../../jobs/job.ts";
import type { Facts } from "./facts.ts";

export const next = (facts: Facts) => ({ then: "next", facts }) as const;
export const wait = (ms: number) => ({ then: "wait", ms }) as const;
export const back = (to: StepName) => ({ then: "back", to }) as const;
export const end = (outcome: JobOutcome, reason: string) => ({ then: "end", outcome, reason }) as const;

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
