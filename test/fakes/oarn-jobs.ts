// Runs the steps of OARN's jobs one after the other, as the real pipeline does: facts go through text, failures are tried again.
import { sleep, systemClock } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Job, JobKind, JobRecord, Jobs, StepName } from "../../src/networks/jobs/job.ts";

interface Kept {
  readonly facts: string;
  readonly record: JobRecord;
}

/** What would be on the disk. */
export type OarnDisk = Map<string, Kept>;

/** No wait is longer. */
const MOST_MS = 20;

export class OarnTestJobs<Facts> implements Jobs<Facts> {
  readonly #kind: JobKind<Facts>;
  readonly #disk: OarnDisk;
  readonly #running = new Map<string, Promise<void>>();
  #signal: AbortSignal | undefined;
  /** Ends the run, as a kill would, right before that step. */
  killBefore: StepName | undefined;
  readonly killed = new AbortController();

  constructor(kind: JobKind<Facts>, disk: OarnDisk = new Map()) {
    this.#kind = kind;
    this.#disk = disk;
  }

  get places(): number {
    return 4;
  }

  offer(id: string, facts: Facts): "taken" | "known" | "full" {
    if (this.#disk.has(id)) return "known";
    const now = Date.now();
    const fresh = { outcome: undefined, reason: undefined, tries: 0, since: now, at: now };
    const record = { id, model: this.#kind.modelOf(facts), step: this.#kind.steps[0]!.name, ...fresh };
    this.#disk.set(id, { facts: JSON.stringify(facts), record });
    this.#start(id);
    return "taken";
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = AbortSignal.any([signal, this.killed.signal]);
    for (const [id, { record }] of this.#disk) if (record.step !== "ended") this.#start(id);
    await new Promise<void>((resolve) =>
      this.#signal?.aborted ? resolve() : this.#signal?.addEventListener("abort", () => resolve(), { once: true }),
    );
    await Promise.allSettled(this.#running.values());
  }

  async drain(): Promise<void> {}

  records(): readonly JobRecord[] {
    return [...this.#disk.values()].map(({ record }) => record);
  }

  #start(id: string): void {
    const signal = this.#signal;
    if (signal) this.#running.set(id, this.#work(id, signal));
  }

  async #work(id: string, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; ) {
      const { facts, record } = this.#disk.get(id)!;
      const step = this.#kind.steps.find(({ name }) => name === record.step);
      if (!step) return;
      if (step.name === this.killBefore) return this.killed.abort();
      const job: Job<Facts> = { id, facts: this.#kind.facts.parse(JSON.parse(facts)), since: record.since };
      const keep = (change: Partial<JobRecord>, changed: Facts = job.facts) =>
        this.#disk.set(id, { facts: JSON.stringify(changed), record: { ...record, ...change, at: Date.now() } });
      try {
        const verdict = await step.run(job, signal);
        if (signal.aborted) return;
        if (verdict.then === "end")
          return void keep({ step: "ended", outcome: verdict.outcome, reason: verdict.reason });
        if (verdict.then === "wait") await sleep(systemClock, Math.min(verdict.ms, MOST_MS), signal);
        if (verdict.then === "back") keep({ step: verdict.to });
        if (verdict.then === "next")
          keep({ step: this.#kind.steps[this.#kind.steps.indexOf(step) + 1]!.name, reason: undefined }, verdict.facts);
        tries = 0;
      } catch (error) {
        if (signal.aborted) return;
        tries++;
        const reason = messageOf(error);
        if (tries >= step.tries) return void keep({ step: "ended", outcome: "failed", reason });
        keep({ reason, tries });
        await sleep(systemClock, 5, signal);
      }
    }
  }
}
