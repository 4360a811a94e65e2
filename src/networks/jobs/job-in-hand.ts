// One job on its way: a try of its step, what follows from it, and nothing of that before it is on the disk.
import { sleep } from "../../core/clock.ts";
import { clean } from "../../lib/clean.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import type { JobKind, JobOutcome, JobRecord, JobStep, Verdict } from "./job.ts";
import type { JobBook } from "./job-book.ts";
import type { LiveRecord } from "./job-record.ts";
import type { Keeper, KeeperPorts } from "./keeper.ts";
import { isBefore, isClaimed, mayGoBack, nextStep } from "./order.ts";
import type { Places } from "./places.ts";
import { shownError } from "./shown-error.ts";
import { tryStep } from "./try-step.ts";
import { backoffMs, timerMs } from "./waits.ts";

/** A job whose answer is lost again and again is given up. */
const MOST_BACKS = 5;
/** A job with which the node goes down again and again must not keep it down. */
const MOST_CRASHES = 10;

type Waiting = Extract<Verdict<unknown>, { readonly then: "wait" }>;

/** What all jobs of one pipeline have. */
export interface JobWorld<Facts> {
  readonly kind: JobKind<Facts>;
  readonly ports: KeeperPorts & { readonly metrics: NetworkMetrics };
  readonly dryRun: boolean;
  readonly book: JobBook<Facts>;
  readonly keeper: Keeper;
  readonly places: Places;
  /** The node stops: jobs stay on the disk as they are. */
  readonly stop: AbortSignal;
  /** Nothing more is claimed. */
  readonly draining: AbortSignal;
  ended(id: string): void;
}

export class JobInHand<Facts> {
  readonly id: string;
  readonly #world: JobWorld<Facts>;
  /** As it is on the disk, never ahead of it. */
  #record: LiveRecord<Facts>;
  /** A try of this step was begun, or may have been. */
  #begun: boolean;
  /** A try of this step goes on long after it was told to stop. */
  #deaf = false;
  /** It waits, and others have its place. */
  #away = false;
  #hasEnded = false;

  /** @param left by a run before, in which a try of its step may have been begun */
  constructor(id: string, record: LiveRecord<Facts>, left: boolean, world: JobWorld<Facts>) {
    this.id = id;
    this.#record = record;
    this.#begun = left;
    this.#world = world;
  }

  get record(): JobRecord {
    const { facts: _, crashes: __, backs: ___, ...rest } = this.#record;
    return { id: this.id, outcome: undefined, ...rest };
  }

  get step(): JobStep<Facts> | undefined {
    return this.#world.kind.steps.find(({ name }) => name === this.#record.step);
  }

  /** It has a place, waits for one, or will want one when it is matched. */
  get wantsPlace(): boolean {
    if (this.#deaf || this.#away) return false;
    return this.#world.places.has(this.id) || !isClaimed(this.#record.step) || this.step?.holdsPlace === true;
  }

  /** The budget does not see it yet, and will. */
  get hasToRun(): boolean {
    return !this.#deaf && !this.#away && isBefore(this.#record.step, "run");
  }

  /** Until it has ended, or rests on the disk. @param crashed the run before went down with it */
  async run(crashed: boolean): Promise<void> {
    const { stop, places, dryRun } = this.#world;
    if (crashed) await this.#countCrash();
    // A network without a match: the job would be claimed first of all.
    if (dryRun && !this.#begun && !isBefore(this.#record.step, "claim")) await this.#wouldClaim();
    while (!this.#hasEnded && !stop.aborted) {
      if (!(await this.#once())) break;
    }
    places.leave(this.id);
  }

  /** One try, and what follows from it. False: it has ended, or rests. */
  async #once(): Promise<boolean> {
    const { places, stop, draining, ports } = this.#world;
    const { id, step } = this;
    const { facts, since } = this.#record;
    if (!step) return this.#end("failed", `this fxn does not know the step "${this.#record.step}"`);
    if (draining.aborted && !this.#isAtStake()) return false;
    if (!step.holdsPlace) places.leave(id);
    else if (!(await places.enter(id, isClaimed(step.name)))) return false;
    if (stop.aborted) return false;
    this.#begun = true;
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
        return this.#end(verdict.outcome, verdict.reason);
      case "next":
        return this.#next(step, verdict.facts);
      case "back":
        return this.#back(step, verdict.to);
      case "wait":
        return this.#wait(step, verdict);
    }
  }

  async #wait(step: JobStep<Facts>, { ms, why, leaves = false }: Waiting): Promise<boolean> {
    const { tries, crashes, reason: before } = this.#record;
    const reason = why === undefined ? undefined : `${step.name}: ${clean(why)}`;
    if (reason !== undefined && reason !== before) this.#heldUp(reason);
    const fresh = tries === 0 && crashes === 0 && (reason === undefined || reason === before);
    if (!fresh && !(await this.#move({ tries: 0, crashes: 0, reason }))) return false;
    this.#away = leaves;
    if (leaves) this.#world.places.leave(this.id);
    await this.#rest(timerMs(ms));
    this.#away = false;
    return true;
  }

  async #next(step: JobStep<Facts>, facts: Facts): Promise<boolean> {
    const { kind, book, dryRun } = this.#world;
    const to = nextStep(kind.steps, step.name);
    if (!to) return this.#end("failed", `${step.name}: no step comes after it`);
    if (dryRun && isBefore(step.name, "claim") && !isBefore(to.name, "claim")) return this.#wouldClaim();
    let kept: Facts;
    try {
      kept = book.asKept(facts);
    } catch (error) {
      return this.#end("failed", `${step.name}: what it made cannot be kept (${shownError(error)})`);
    }
    const model = clean(kind.modelOf(kept));
    const { network, log } = this.#world.ports;
    if (step.name === "claim") log.info({ network, job: clean(this.id), model }, "a job was claimed");
    return this.#move({ step: to.name, facts: kept, model, tries: 0, crashes: 0, reason: undefined });
  }

  async #back(step: JobStep<Facts>, to: JobStep<Facts>["name"]): Promise<boolean> {
    const { backs } = this.#record;
    if (!mayGoBack(this.#world.kind.steps, step.name, to))
      return this.#end("failed", `${step.name}: cannot go back to ${to}`);
    if (backs >= MOST_BACKS) return this.#end("failed", `${step.name}: went back ${backs} times`);
    const reason = `${step.name}: back to ${to}`;
    this.#heldUp(reason);
    return this.#move({ step: to, tries: 0, crashes: 0, backs: backs + 1, reason });
  }

  async #failed(step: JobStep<Facts>, error: unknown): Promise<boolean> {
    const reason = `${step.name}: ${shownError(error)}`;
    const tries = this.#record.tries + 1;
    if (tries >= step.tries) return this.#end("failed", reason);
    const waitMs = backoffMs(step.retryMs, tries, this.#world.ports.random);
    this.#heldUp(reason, { tries, of: step.tries, waitMs: Math.round(waitMs) });
    if (!(await this.#move({ tries, crashes: 0, reason }))) return false;
    await this.#rest(waitMs);
    return true;
  }

  /** A step that was under way when the node went down may be what took it down. */
  async #countCrash(): Promise<void> {
    const { step, crashes } = this.#record;
    if (!this.step?.holdsPlace) return;
    if (crashes >= MOST_CRASHES)
      await this.#end("failed", `${step}: the node went down ${crashes + 1} times during it`);
    else await this.#move({ crashes: crashes + 1 });
  }

  #wouldClaim(): Promise<false> {
    const { network, log } = this.#world.ports;
    log.info({ network, job: clean(this.id), model: this.#record.model }, "dry run: this job would be claimed");
    return this.#end("declined", "dry run");
  }

  /** The disk first, then memory. */
  async #move(change: Partial<LiveRecord<Facts>>): Promise<boolean> {
    const { keeper, book, ports } = this.#world;
    const next = { ...this.#record, ...change, at: ports.clock.now() };
    if (!(await keeper.untilKept(() => book.move(this.id, next)))) return false;
    if (next.step !== this.#record.step) this.#begun = false;
    this.#record = next;
    return true;
  }

  async #end(outcome: JobOutcome, why: string): Promise<false> {
    const { keeper, book, ports, ended } = this.#world;
    const { network, clock, log, metrics } = ports;
    const { model, tries, since, step } = this.#record;
    const [at, reason] = [clock.now(), clean(why)];
    if (!(await keeper.untilKept(() => book.end(this.id, { outcome, model, reason, tries, since, at })))) return false;
    this.#hasEnded = true;
    metrics.work(outcome, Math.max(0, at - since) / 1000);
    const level = outcome === "failed" || outcome === "unpaid" ? "warn" : "info";
    log[level]({ network, job: clean(this.id), model, step, outcome, reason }, "a job has ended");
    ended(this.id);
    return false;
  }

  /** Other jobs are not to wait for it, and it is not begun a second time while it still runs. */
  #goesDeaf(): void {
    const { places, ports } = this.#world;
    const { step, model } = this.#record;
    this.#deaf = true;
    const { network, log } = ports;
    log.error({ network, job: clean(this.id), model, step }, "a step does not stop: its place is given to others");
    places.leave(this.id);
  }

  async #rest(ms: number): Promise<void> {
    const { stop, draining, ports } = this.#world;
    await sleep(ports.clock, ms, this.#isAtStake() ? stop : AbortSignal.any([stop, draining]));
  }

  #heldUp(reason: string, again: Readonly<Record<string, number>> = {}): void {
    const { network, log } = this.#world.ports;
    log.warn({ network, job: clean(this.id), model: this.#record.model, reason, ...again }, "a job is held up");
  }

  /** It has been claimed, or its claim may have gone out. */
  #isAtStake(): boolean {
    const { step } = this.#record;
    return isClaimed(step) || (step === "claim" && this.#begun);
  }
}
