// Brings jobs from offer to end, each step after the other, so that a crash at any moment loses none and repeats nothing.
import type { Admission } from "../../core/budget.ts";
import type { NetworkState } from "../../core/network-state.ts";
import { aborted, untilAborted } from "../../lib/abort.ts";
import { clean } from "../../lib/clean.ts";
import type { NetworkMetrics } from "../../observe/metrics/network.ts";
import type { JobKind, JobRecord, Jobs } from "./job.ts";
import { JobBook, jobRecords, latestFirst } from "./job-book.ts";
import { JobInHand, type JobWorld } from "./job-in-hand.ts";
import { Keeper, type KeeperPorts } from "./keeper.ts";
import { isClaimed } from "./order.ts";
import { Places } from "./places.ts";
import { shownError } from "./shown-error.ts";

/** For steps that are told to stop because the node does. */
const LEAVE_MS = 2000;

export interface JobPorts extends KeeperPorts {
  readonly state: NetworkState;
  readonly metrics: NetworkMetrics;
  /** Of the node's budget. */
  admission(): Admission;
}

export interface JobLimits {
  readonly maxConcurrent: number;
  /** Claims nothing, and says what it would claim. */
  readonly dryRun: boolean;
  /** Milliseconds that an ended job stays known after it was offered last. */
  readonly keepMs: number;
}

export class JobPipeline<Facts> implements Jobs<Facts> {
  readonly #ports: JobPorts;
  readonly #limits: JobLimits;
  readonly #world: JobWorld<Facts>;
  readonly #inHand = new Map<string, JobInHand<Facts>>();
  readonly #atWork = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #draining = new AbortController();
  #phase: "new" | "running" | "over" = "new";

  constructor(kind: JobKind<Facts>, ports: JobPorts, limits: JobLimits) {
    this.#ports = ports;
    this.#limits = limits;
    const places = new Places(limits.maxConcurrent, ports.clock, {
      mayClaim: () => this.#budgetAfter(({ id }) => places.has(id)) > 0,
      changed: (held) => ports.metrics.running(held),
    });
    this.#world = {
      kind,
      ports,
      places,
      dryRun: limits.dryRun,
      book: new JobBook({ ...ports, facts: kind.facts, keepMs: limits.keepMs }),
      keeper: new Keeper(ports, this.#stop.signal),
      stop: this.#stop.signal,
      draining: this.#draining.signal,
      ended: (id) => this.#ended(id),
    };
  }

  get places(): number {
    if (this.#phase !== "running" || this.#draining.signal.aborted || this.#stop.signal.aborted) return 0;
    const wanted = [...this.#inHand.values()].filter((job) => job.wantsPlace).length;
    return Math.max(
      0,
      Math.min(
        this.#limits.maxConcurrent - wanted,
        this.#budgetAfter(() => true),
      ),
    );
  }

  /** Throws StoreError: then it is not taken. */
  offer(id: string, facts: Facts, anew = false): "taken" | "known" | "full" {
    const { book, kind, keeper } = this.#world;
    if (this.#inHand.has(id)) return "known";
    if (book.hasEnded(id, anew)) {
      keeper.quietly("an ended job could not be kept longer", () => book.seen(id));
      return "known";
    }
    const [first] = kind.steps;
    if (this.places === 0 || !first) return "full";
    const now = this.#ports.clock.now();
    const kept = book.asKept(facts);
    const model = clean(kind.modelOf(kept));
    const fresh = { reason: undefined, tries: 0, crashes: 0, backs: 0, since: now, at: now };
    const record = { step: first.name, facts: kept, model, ...fresh };
    if (!book.add(id, record)) return "known";
    this.#ports.log.debug({ network: this.#ports.network, job: clean(id), model }, "a job was taken");
    this.#start(new JobInHand(id, record, false, this.#world), false);
    return "taken";
  }

  async run(signal: AbortSignal): Promise<void> {
    const { places, keeper, book } = this.#world;
    const stopped = aborted(signal);
    void stopped.then(() => this.#stop.abort(signal.reason));
    if (await this.#resume()) {
      await stopped;
      places.callOff("all");
      const ended = await this.#allAtRest();
      if (ended) keeper.quietly("the end of a run could not be noted", () => book.finish());
    }
    this.#phase = "over";
    keeper.close();
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#draining.abort();
    this.#world.places.callOff("unclaimed");
    await Promise.race([this.#world.places.whenEmpty(), aborted(signal)]);
  }

  records(): readonly JobRecord[] {
    if (this.#phase === "new") return jobRecords(this.#ports.state);
    return latestFirst([...[...this.#inHand.values()].map(({ record }) => record), ...this.#world.book.ended()]);
  }

  /** Takes up what is on the disk; false when it was stopped before it could. */
  async #resume(): Promise<boolean> {
    const { book, keeper, places, ports } = this.#world;
    const { network, log, clock } = ports;
    let crashed = false;
    let left: ReturnType<JobBook<Facts>["load"]> = { live: [], unreadable: [] };
    const isRead = await keeper.untilKept(() => {
      left = book.load();
      crashed = book.begin();
    });
    if (!isRead) return false;
    this.#phase = "running";
    for (const [id, record] of left.unreadable) {
      log.error({ network, job: clean(id), reason: record.reason }, "a job cannot be gone on with");
      const end = { ...record, outcome: "failed" as const, at: clock.now() };
      this.#follow(keeper.untilKept(() => book.end(id, end)));
    }
    const jobs = left.live.map(([id, record]) => new JobInHand(id, record, true, this.#world));
    // Before any of them goes on, so that no other gets its place, even if there are fewer now.
    for (const { id, step } of jobs) if (step?.holdsPlace && isClaimed(step.name)) places.keep(id);
    for (const job of jobs) this.#start(job, crashed);
    if (jobs.length > 0) log.info({ network, jobs: jobs.length, crashed }, "going on with jobs of the run before");
    this.#forget();
    return true;
  }

  #start(job: JobInHand<Facts>, crashed: boolean): void {
    this.#inHand.set(job.id, job);
    this.#follow(job.run(crashed));
  }

  #follow(work: Promise<unknown>): void {
    const { network, log } = this.#ports;
    const followed: Promise<void> = work
      .then(() => undefined)
      .catch((error: unknown) => log.error({ network, error: shownError(error) }, "a job is left on the disk"))
      .finally(() => this.#atWork.delete(followed));
    this.#atWork.add(followed);
  }

  /** False when some step goes on, though it was told to stop. */
  async #allAtRest(): Promise<boolean> {
    const tooLong = new AbortController();
    const cancel = this.#ports.clock.after(LEAVE_MS, () => tooLong.abort());
    const all = async () => {
      while (this.#atWork.size > 0) await Promise.all(this.#atWork);
      return true;
    };
    const ended = await untilAborted(all(), tooLong.signal).catch(() => false);
    cancel();
    return ended;
  }

  #ended(id: string): void {
    this.#inHand.delete(id);
    this.#forget();
  }

  #forget(): void {
    this.#world.keeper.quietly("ended jobs could not be forgotten", () => this.#world.book.forget());
  }

  /** Places that the budget has left when those of these jobs run that have not begun to. */
  #budgetAfter(which: (job: JobInHand<Facts>) => boolean): number {
    const ahead = [...this.#inHand.values()].filter((job) => job.hasToRun && which(job)).length;
    return this.#ports.admission().places - ahead;
  }
}
