// One job as it is on the disk: what changes of it is written first, and only then is so.
import { clean } from "../../lib/clean.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import type { JobOutcome, JobRecord } from "./job.ts";
import type { JobBook } from "./job-book.ts";
import type { LiveRecord } from "./job-record.ts";
import type { Keeper, KeeperPorts } from "./keeper.ts";
import { isClaimed } from "./order.ts";

export interface JobStatePorts<Facts> {
  readonly ports: KeeperPorts & { readonly metrics: NetworkMetrics };
  readonly book: JobBook<Facts>;
  readonly keeper: Keeper;
  ended(id: string): void;
}

export class JobState<Facts> {
  readonly id: string;
  hasEnded = false;
  readonly #world: JobStatePorts<Facts>;
  /** As it is on the disk, never ahead of it. */
  #now: LiveRecord<Facts>;
  /** A try of this step was begun, or may have been. */
  #begun: boolean;

  /** @param left by a run before, in which a try of its step may have been begun */
  constructor(id: string, record: LiveRecord<Facts>, left: boolean, world: JobStatePorts<Facts>) {
    this.id = id;
    this.#now = record;
    this.#begun = left;
    this.#world = world;
  }

  get now(): LiveRecord<Facts> {
    return this.#now;
  }

  get record(): JobRecord {
    const { facts: _, crashes: __, backs: ___, ...rest } = this.#now;
    return { id: this.id, outcome: undefined, ...rest };
  }

  get hasBegun(): boolean {
    return this.#begun;
  }

  /** It has been claimed, or its claim may have gone out. */
  get isAtStake(): boolean {
    const { step } = this.#now;
    return isClaimed(step) || (step === "claim" && this.#begun);
  }

  begin(): void {
    this.#begun = true;
  }

  /** The disk first, then memory. @returns false: it rests as it was */
  async move(change: Partial<LiveRecord<Facts>>): Promise<boolean> {
    const { keeper, book, ports } = this.#world;
    const next = { ...this.#now, ...change, at: ports.clock.now() };
    if (!(await keeper.untilKept(() => book.move(this.id, next)))) return false;
    if (next.step !== this.#now.step) this.#begun = false;
    this.#now = next;
    return true;
  }

  async end(outcome: JobOutcome, why: string): Promise<false> {
    const { keeper, book, ports, ended } = this.#world;
    const { network, clock, log, metrics } = ports;
    const { model, tries, since, step } = this.#now;
    const [at, reason] = [clock.now(), clean(why)];
    if (!(await keeper.untilKept(() => book.end(this.id, { outcome, model, reason, tries, since, at })))) return false;
    this.hasEnded = true;
    metrics.work(outcome, Math.max(0, at - since) / 1000);
    const level = outcome === "failed" || outcome === "unpaid" ? "warn" : "info";
    log[level]({ network, job: clean(this.id), model, step, outcome, reason }, "a job has ended");
    ended(this.id);
    return false;
  }

  /** Says of it what happens; nothing of that is on the disk. */
  say(level: "info" | "warn" | "error", message: string, more: Readonly<Record<string, string | number>> = {}): void {
    const { network, log } = this.#world.ports;
    log[level]({ network, job: clean(this.id), model: this.#now.model, ...more }, message);
  }
}
