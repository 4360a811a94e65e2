// Where in the order of steps a job stands: whether it is claimed, and whether it still has to run.
import { type JobStep, STEPS, type StepName } from "./job.ts";

const place = (name: StepName) => STEPS.indexOf(name);

export function isBefore(name: StepName, other: StepName): boolean {
  return place(name) < place(other);
}

/** Something is at stake: it has to be brought to its end. */
export function isClaimed(name: StepName): boolean {
  return isBefore("claim", name);
}

export function nextStep<Facts>(steps: readonly JobStep<Facts>[], name: StepName): JobStep<Facts> | undefined {
  return steps.find((step) => isBefore(name, step.name));
}

/** A claim is made once, so that what was claimed goes back to no step before its claim or to it. */
export function mayGoBack<Facts>(steps: readonly JobStep<Facts>[], from: StepName, to: StepName): boolean {
  if (!isBefore(to, from) || !steps.some(({ name }) => name === to)) return false;
  return isClaimed(to) || !isClaimed(from);
}
