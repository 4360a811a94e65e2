// One try of one step: told to stop at its limit, and watched until it has stopped.
import type { Clock } from "../../core/clock.ts";
import { JobError } from "./errors.ts";
import type { Job, JobStep, Verdict } from "./job.ts";
import { timerMs } from "./waits.ts";

/** In which a step that was told to stop is expected to have stopped. */
export const GRACE_MS = 10_000;

export interface TryPorts {
  readonly clock: Clock;
  /** The node stops. */
  readonly stop: AbortSignal;
  /** It goes on long after it was told to stop. */
  deaf(): void;
}

/**
 * Settles when the step does, however late: while it runs, a second try of it would do things twice.
 * An answer that comes late is an answer.
 */
export async function tryStep<Facts>(step: JobStep<Facts>, job: Job<Facts>, ports: TryPorts): Promise<Verdict<Facts>> {
  const { clock, stop } = ports;
  const limit = new AbortController();
  let cancel = clock.after(timerMs(step.limitMs), () => {
    limit.abort(new JobError("job_step_too_long", 504, `${step.name} took longer than ${step.limitMs} ms`));
    cancel = clock.after(GRACE_MS, ports.deaf);
  });
  try {
    return await step.run(job, AbortSignal.any([stop, limit.signal]));
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    cancel();
  }
}
