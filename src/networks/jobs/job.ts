// A job of a network that fetches its work: what is kept of it, its steps, and how each of them ends.
import type { z } from "zod";

/** In this order; a network may leave some out. Between steps, and only there, a job is on the disk. */
export const STEPS = ["match", "claim", "input", "run", "output", "submit", "settle"] as const;
export type StepName = (typeof STEPS)[number];

/** settled: paid. unpaid: done, and nothing came of it. declined: never claimed. lost: another was first. */
export type JobOutcome = "settled" | "unpaid" | "declined" | "lost" | "failed";

export interface Job<Facts> {
  /** Unique in its network: "421614/0xd155…/7". */
  readonly id: string;
  /** All that the next step has to know, as plain JSON; content of a job only where the network may keep it. */
  readonly facts: Facts;
  /** Wall clock, milliseconds. */
  readonly since: number;
}

/** How a step ended that did not throw. */
export type Verdict<Facts> =
  | { readonly then: "next"; readonly facts: Facts }
  /** The same step again, later; not a failure. */
  | {
      readonly then: "wait";
      readonly ms: number;
      /** For the operator: what it waits for. */
      readonly why?: string | undefined;
      /** What it waits for is in nobody's hands here: until then others have its place. */
      readonly leaves?: boolean;
    }
  /** To an earlier step: what it made was not on the disk, and is gone. */
  | { readonly then: "back"; readonly to: StepName }
  | { readonly then: "end"; readonly outcome: JobOutcome; readonly reason: string };

export interface JobStep<Facts> {
  readonly name: StepName;
  /**
   * A job in such a step has one of the places. Waiting for a settlement has none. Before its claim a job counts as one
   * for whoever offers more, also while it waits in its match.
   */
  readonly holdsPlace: boolean;
  /** Most milliseconds of one try. */
  readonly limitMs: number;
  /** Tries before the job is given up as failed; waits between them double. */
  readonly tries: number;
  /** The wait after the first failure, milliseconds. */
  readonly retryMs: number;
  /**
   * May be run again after a crash or a failure, from its beginning: what was done before is found, and not done twice.
   * A claim may have waited for its place, also through a restart: it looks again whether the job can still be done in time.
   * Throws what is worth another try; FxnError's message is shown.
   */
  run(job: Job<Facts>, signal: AbortSignal): Promise<Verdict<Facts>>;
}

export interface JobKind<Facts> {
  /** Reads the facts back from the disk. */
  readonly facts: z.ZodType<Facts>;
  /** In the order of STEPS. */
  readonly steps: readonly JobStep<Facts>[];
  /** For the operator: "llama-3.3-70b". */
  modelOf(facts: Facts): string;
}

/** For status, history and the doctor. */
export interface JobRecord {
  readonly id: string;
  readonly model: string;
  readonly step: StepName | "ended";
  readonly outcome: JobOutcome | undefined;
  /** Why it ended, or the latest failure. */
  readonly reason: string | undefined;
  readonly tries: number;
  /** Wall clock, milliseconds: when it was taken, and when it last moved. */
  readonly since: number;
  readonly at: number;
}

export interface Jobs<Facts> {
  /**
   * Takes a job that is not known yet, if a place is free; it is durable when this returns "taken". Ended jobs stay known
   * for as long as the network could offer them again; what an earlier run declined is looked at anew.
   * Throws StoreError: then it is not taken.
   * @param anew what this run declined, too: by now something is at stake
   */
  offer(id: string, facts: Facts, anew?: boolean): "taken" | "known" | "full";
  /** More jobs that would be taken now. */
  readonly places: number;
  /** Goes on with what is on the disk, then with what is offered, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Takes no more; resolves when every job that holds a place has let it go, or the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** The latest first. */
  records(): readonly JobRecord[];
}
