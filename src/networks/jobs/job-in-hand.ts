// One job on its way: a try of its step, what follows from it, and nothing of that before it is on the disk.
import { sleep } from "../../core/clock.ts";
import { clean } from "../../lib/clean.ts";
import type { JobKind, JobRecord, JobStep, Verdict } from "./job.ts";
import type { LiveRecord } from "./job-record.ts";
import { JobState, type JobStatePorts } from "./job-state.ts";
import { isBefore, isClaimed, mayGoBack, nextStep } from "./order.ts";
import type { Places } from "./places.ts";
import { shownError } from "./shown-error.ts";
import { tryStep } from "./try-step.ts";
import { backoffMs, timerMs } from "./waits.ts";

/** A job whose answer is lost again and again is given up. */
const MOST_BACKS = 5;
/** A job with which the node goes down again and again must not keep it down. */
const MOST_CRASHES = 10;
const HELD_UP = "a job is held up";

type Waiting = Extract<Verdict<unknown>, { readonly then: "wait" }>;

/** What all jobs of one pipeline have. */
export interface JobWorld<Facts> extends JobStatePorts<Facts> {
  readonly kind: JobKind<Facts>;
  readonly dryRun: boolean;
  readonly places: Places;
  /** The node stops: jobs stay on the disk as they are. */
  readonly stop: AbortSignal;
  /** Nothing more is claimed. */
  readonly draining: AbortSignal;
}

export class JobInHand<Facts> {
  readonly #world: JobWorld<Facts>;
  readonly #state: JobState<Facts>;
  /** A try of this step goes on long after it was told to stop. */
  #deaf = false;
  /** It waits, and others have its place. */
  #away = false;

  /** @param left by a run before, in which a try of its step may have been begun */
  constructor(id: string, record: LiveRecord<Facts>, left: boolean, world: JobWorld<Facts>) {
    this.#state = new JobState(id, record, left, world);
    this.#world = world;
  }

  get id(): string {
    return this.#state.id;
  }

  get record(): JobRecord {
    return this.#state.record;
  }

  get step(): JobStep<Facts> | undefined {
    return this.#world.kind.steps.find(({ name }) => name === this.#state.now.step);
  }

  /** It has a place, waits for one, or will want one when it is matched. */
  get wantsPlace(): boolean {
    if (this.#deaf || this.#away) return false;
    return this.#world.places.has(this.id) || !isClaimed(this.#state.now.step) || this.step?.holdsPlace === true;
  }

  /** The budget does not see it yet, and will. */
  get hasToRun(): boolean {
    return !this.#deaf && !this.#away && isBefore(this.#state.now.step, "run");
  }

  /** Until it has ended, or rests on the disk. @param crashed the run before went down with it */
  async run(crashed: boolean): Promise<void> {
    const { stop, places, dryRun } = this.#world;
    if (crashed) await this.#countCrash();
    // A network without a match: the job would be claimed first of all.
    if (dryRun && !this.#state.hasBegun && !isBefore(this.#state.now.step, "claim")) await this.#wouldClaim();
    while (!this.#state.hasEnded && !stop.aborted) {
      if (!(await this.#once())) break;
    }
    places.leave(this.id);
  }

  /** One try, and what follows from it. False: it has ended, or rests. */
  async #once(): Promise<boolean> {
    const { places, stop, draining, ports } = this.#world;
    const { id, step } = this;
    const { facts, since } = this.#state.now;
    if (!step) return this.#state.end("failed", `this fxn does not know the step "${this.#state.now.step}"`);
    if (draining.aborted && !this.#state.isAtStake) return false;
    if (!step.holdsPlace) places.leave(id);
    else if (!(await places.enter(id, isClaimed(step.name)))) return false;
    if (stop.aborted) return false;
    this.#state.begin();
    let verdict: Verdict<Facts>;
    try {
      verdict = await tryStep(step, { id, facts, since }, { clock: ports.clock, stop, deaf: () => this.#goesDeaf() });
    } catch (error) {
      // No fault of the job's.
      if (stop.aborted) return false;
      ports.metrics.call(`job-${step.name}`, "failed");
      return this.#failed(step, error);
    } finally {
      this.#deaf = false;
    }
    ports.metrics.call(`job-${step.name}`, "ok");
    return this.#follow(step, verdict);
  }

  async #follow(step: JobStep<Facts>, verdict: Verdict<Facts>): Promise<boolean> {
    switch (verdict.then) {
      case "end":
        return this.#state.end(verdict.outcome, verdict.reason);
      case "next":
        return this.#next(step, verdict.facts);
      case "back":
        return this.#back(step, verdict.to);
      case "wait":
        return this.#wait(step, verdict);
    }
  }

  async #wait(step: JobStep<Facts>, { ms, why, leaves = false }: Waiting): Promise<boolean> {
    const { tries, crashes, reason: before } = this.#state.now;
    const reason = why === undefined ? undefined : `${step.name}: ${clean(why)}`;
    if (reason !== undefined && reason !== before) this.#state.say("warn", HELD_UP, { reason });
    const fresh = tries === 0 && crashes === 0 && (reason === undefined || reason === before);
    if (!fresh && !(await this.#state.move({ tries: 0, crashes: 0, reason }))) return false;
    this.#away = leaves;
    if (leaves) this.#world.places.leave(this.id);
    await this.#rest(timerMs(ms));
    this.#away = false;
    return true;
  }

  async #next(step: JobStep<Facts>, facts: Facts): Promise<boolean> {
    const { kind, book, dryRun } = this.#world;
    const to = nextStep(kind.steps, step.name);
    if (!to) return this.#state.end("failed", `${step.name}: no step comes after it`);
    if (dryRun && isBefore(step.name, "claim") && !isBefore(to.name, "claim")) return this.#wouldClaim();
    let kept: Facts;
    try {
      kept = book.asKept(facts);
    } catch (error) {
      return this.#state.end("failed", `${step.name}: what it made cannot be kept (${shownError(error)})`);
    }
    const model = clean(kind.modelOf(kept));
    if (step.name === "claim") this.#state.say("info", "a job was claimed", { model });
    return this.#state.move({ step: to.name, facts: kept, model, tries: 0, crashes: 0, reason: undefined });
  }

  async #back(step: JobStep<Facts>, to: JobStep<Facts>["name"]): Promise<boolean> {
    const { backs } = this.#state.now;
    if (!mayGoBack(this.#world.kind.steps, step.name, to))
      return this.#state.end("failed", `${step.name}: cannot go back to ${to}`);
    if (backs >= MOST_BACKS) return this.#state.end("failed", `${step.name}: went back ${backs} times`);
    const reason = `${step.name}: back to ${to}`;
    this.#state.say("warn", HELD_UP, { reason });
    return this.#state.move({ step: to, tries: 0, crashes: 0, backs: backs + 1, reason });
  }

  async #failed(step: JobStep<Facts>, error: unknown): Promise<boolean> {
    const reason = `${step.name}: ${shownError(error)}`;
    const tries = this.#state.now.tries + 1;
    if (tries >= step.tries) return this.#state.end("failed", reason);
    const waitMs = backoffMs(step.retryMs, tries, this.#world.ports.random);
    this.#state.say("warn", HELD_UP, { reason, tries, of: step.tries, waitMs: Math.round(waitMs) });
    if (!(await this.#state.move({ tries, crashes: 0, reason }))) return false;
    await this.#rest(waitMs);
    return true;
  }

  /** A step that was under way when the node went down may be what took it down. */
  async #countCrash(): Promise<void> {
    const { step, crashes } = this.#state.now;
    if (!this.step?.holdsPlace) return;
    if (crashes >= MOST_CRASHES)
      await this.#state.end("failed", `${step}: the node went down ${crashes + 1} times during it`);
    else await this.#state.move({ crashes: crashes + 1 });
  }

  #wouldClaim(): Promise<false> {
    this.#state.say("info", "dry run: this job would be claimed");
    return this.#state.end("declined", "dry run");
  }

  /** Other jobs are not to wait for it, and it is not begun a second time while it still runs. */
  #goesDeaf(): void {
    this.#deaf = true;
    this.#state.say("error", "a step does not stop: its place is given to others", { step: this.#state.now.step });
    this.#world.places.leave(this.id);
  }

  async #rest(ms: number): Promise<void> {
    const { stop, draining, ports } = this.#world;
    await sleep(ports.clock, ms, this.#state.isAtStake ? stop : AbortSignal.any([stop, draining]));
  }
}
