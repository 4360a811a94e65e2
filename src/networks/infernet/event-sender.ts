// The events of one job on their way: in batches by count and by timer, in order, each stored once however answers get lost.
import { sleep } from "../../core/clock.ts";
import { Backoff } from "./backoff.ts";
import { ControlPlaneError } from "./errors.ts";
import { type StoredEvents, settlingMs, storedEvents } from "./evidence.ts";
import type { JobPorts } from "./job-ports.ts";
import { type JobEvent, postEvents } from "./routes.ts";

const BATCH = 16;
const BATCH_MS = 250;
/** The control plane drops a longer one whole. */
const MAX_BATCH = 200;
/** Times `retryMs`: what a run before sent with its last breath may still be under way. */
const AFTER_CRASH = 30;
/** Of questions that nobody can answer, about the last event. */
const MAX_UNTOLD = 8;

export class EventSender {
  readonly #ports: JobPorts;
  readonly #job: string;
  /** Aborts when the job has failed: what is not sent is not sent any more. */
  readonly #tokens = new AbortController();
  #broken: unknown;
  readonly #failed = Promise.withResolvers<never>();
  #queue: JobEvent[] = [];
  /** Known to be stored. */
  #stored = 0;
  #cancelTimer: (() => void) | undefined;
  #pump: Promise<void> = Promise.resolve();
  #pumping = false;

  constructor(ports: JobPorts, job: string) {
    this.#ports = ports;
    this.#job = job;
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when events cannot be delivered: then nobody reads what else the job brings. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  push(event: JobEvent): void {
    if (this.#tokens.signal.aborted) return;
    this.#queue.push(event);
    if (this.#queue.length >= BATCH) this.#send();
    else this.#cancelTimer ??= this.#ports.clock.after(BATCH_MS, () => this.#send());
  }

  /** Sends what is left and `last`, which ends the stream. Throws when the rest cannot be sent, or is refused. */
  async end(last: JobEvent): Promise<StoredEvents["end"]> {
    while (this.#queue.length >= MAX_BATCH || this.#pumping) {
      this.#send();
      await this.#pump;
      if (this.#broken !== undefined) throw this.#broken;
    }
    this.#tokens.signal.throwIfAborted();
    this.#stopTimer();
    const rest = this.#queue.splice(0);
    return this.#deliverEnd([...rest, last], false);
  }

  /** Gives up what is not sent yet, and ends the stream with `last`. @param mayBeThere a run before may have ended it */
  async endNow(last: JobEvent, mayBeThere = false): Promise<StoredEvents["end"]> {
    this.#stopTimer();
    this.#queue = [];
    this.#tokens.abort();
    await this.#pump;
    try {
      return await this.#deliverEnd([last], mayBeThere);
    } catch (error) {
      // It wants to hear nothing of this job.
      if (surely(error)) return undefined;
      throw error;
    }
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** One batch after the other: a slow control plane makes batches larger, not more. */
  #send(): void {
    this.#stopTimer();
    if (this.#pumping || this.#queue.length === 0) return;
    this.#pumping = true;
    this.#pump = this.#drain().finally(() => {
      this.#pumping = false;
    });
  }

  async #drain(): Promise<void> {
    try {
      do await this.#deliver(this.#queue.splice(0, MAX_BATCH));
      while (this.#queue.length >= BATCH);
      if (this.#queue.length > 0) this.#cancelTimer ??= this.#ports.clock.after(BATCH_MS, () => this.#send());
    } catch (error) {
      this.#broken = error;
      this.#tokens.abort(error);
      this.#failed.reject(error);
    }
  }

  async #deliver(batch: readonly JobEvent[]): Promise<void> {
    const { plane, life } = this.#ports;
    const wait = this.#waiting();
    for (;;) {
      try {
        // Never cut short by the job's end: a batch that arrives after the last event would stand behind it.
        await postEvents(plane, this.#job, batch, life);
        break;
      } catch (error) {
        this.#ports.metrics.call("events", "failed");
        if (surely(error)) throw error;
        const seen = await this.#ask(wait, error, AbortSignal.any([this.#tokens.signal, life]));
        if (seen?.count === this.#stored + batch.length) break;
        if (seen?.count !== this.#stored) throw error;
      }
    }
    this.#ports.metrics.call("events", "ok");
    this.#stored += batch.length;
  }

  /** What ends the stream there: ours, or what a run before has sent; undefined when that cannot be told. */
  async #deliverEnd(batch: readonly JobEvent[], mayBeThere: boolean): Promise<StoredEvents["end"]> {
    const { plane, life, clock, retryMs } = this.#ports;
    const last = batch.at(-1);
    const wait = this.#waiting();
    let unsure = mayBeThere;
    let lost: unknown;
    if (mayBeThere) await sleep(clock, AFTER_CRASH * retryMs, life);
    for (;;) {
      if (unsure) {
        const seen = await this.#ask(wait, lost, life);
        // Without it the reader waits for his own limit; with two of them he would read something wrong.
        if (!seen || seen.end) return seen?.end;
      }
      try {
        await postEvents(plane, this.#job, batch, life);
        this.#ports.metrics.call("events", "ok");
        return { type: last?.event_type === "done" ? "done" : "error", text: "" };
      } catch (error) {
        this.#ports.metrics.call("events", "failed");
        if (surely(error)) throw error;
        lost = error;
        unsure = true;
      }
    }
  }

  #waiting(): Backoff {
    return new Backoff(this.#ports.retryMs, this.#ports.retryMs * 60, this.#ports.random);
  }

  /** Waits, and asks until somebody answers. Undefined: they cannot tell. Throws the signal's reason. */
  async #ask(wait: Backoff, lost: unknown, signal: AbortSignal): Promise<StoredEvents | undefined> {
    const { plane, clock } = this.#ports;
    await sleep(clock, settlingMs(lost, this.#ports.retryMs), signal);
    for (let untold = 0; untold < MAX_UNTOLD; ) {
      await sleep(clock, wait.next(), signal);
      signal.throwIfAborted();
      try {
        const seen = await storedEvents(plane, this.#job, clock, signal);
        if (seen) return seen;
        untold++;
      } catch (error) {
        signal.throwIfAborted();
        if (surely(error)) untold++;
      }
    }
    return undefined;
  }
}

function surely(error: unknown): boolean {
  return error instanceof ControlPlaneError && error.refused;
}
