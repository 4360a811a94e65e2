// The events of one job on their way: in batches by count and by timer, in order, each stored once however answers get lost.
import { sleep } from "../../core/clock.ts";
import { Backoff } from "./backoff.ts";
import { ControlPlaneError } from "./errors.ts";
import { EventQueue } from "./event-queue.ts";
import { mayBeCut, type StoredEvents, settlingMs, storedEvents } from "./evidence.ts";
import type { JobPorts } from "./job-ports.ts";
import { type JobEvent, pollJobs, postEvents } from "./routes.ts";

const BATCH = 16;
const BATCH_MS = 250;
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
  readonly #queue = new EventQueue();
  /** Known to be stored. */
  #stored = 0;
  /** The public stream does not show all of it: what is in doubt stays so. */
  #blind = false;
  /** The answer to a last event that was lost. */
  #lost: unknown;
  /** That to a batch before it, of which nobody has said yet whether it came: it may still be under way. */
  #underWay: unknown;
  /** Undefined in it: that was refused, or given up. */
  #ending: Promise<{ readonly end: StoredEvents["end"] } | undefined> | undefined;
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
    this.#queue.add(event);
    if (this.#queue.pieces >= BATCH) this.#send();
    else this.#cancelTimer ??= this.#ports.clock.after(BATCH_MS, () => this.#send());
  }

  /** Sends what is left and `last`, which ends the stream. Throws when the rest cannot be sent, or is refused. */
  async end(last: JobEvent): Promise<StoredEvents["end"]> {
    await this.#pump;
    if (this.#broken !== undefined) throw this.#broken;
    this.#tokens.signal.throwIfAborted();
    this.#stopTimer();
    const ending = this.#deliverEnd(
      [...this.#queue.takeAll(), last],
      AbortSignal.any([this.#tokens.signal, this.#ports.life]),
    );
    this.#ending = ending.then(
      (end) => ({ end }),
      () => undefined,
    );
    return ending;
  }

  /** Gives up what is not sent yet, and ends the stream with `last`. @param mayBeThere a run before may have ended it */
  async endNow(last: JobEvent, mayBeThere = false): Promise<StoredEvents["end"]> {
    this.#stopTimer();
    this.#queue.takeAll();
    this.#tokens.abort();
    await this.#pump;
    const ended = await this.#ending;
    if (ended) return ended.end;
    const { clock, life, retryMs } = this.#ports;
    // What came after the last event would stand behind it.
    if (this.#underWay !== undefined) await sleep(clock, settlingMs(this.#underWay, retryMs), life);
    if (mayBeThere) await sleep(clock, AFTER_CRASH * retryMs, life);
    try {
      return await this.#deliverEnd([last], life, mayBeThere);
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
    if (this.#pumping || this.#queue.pieces === 0) return;
    this.#pumping = true;
    this.#pump = this.#drain().finally(() => {
      this.#pumping = false;
    });
  }

  async #drain(): Promise<void> {
    try {
      do await this.#deliver(this.#queue.takeAll());
      while (this.#queue.pieces >= BATCH);
      if (this.#queue.pieces > 0) this.#cancelTimer ??= this.#ports.clock.after(BATCH_MS, () => this.#send());
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
        this.#underWay = error;
        // The last event holds the whole text: its reader can do without some words, but not with some twice.
        if (this.#blind) return this.#settle(error);
        const seen = await this.#ask(wait, error, AbortSignal.any([this.#tokens.signal, life]));
        if (!seen && declined(error)) continue;
        if (!seen) throw error;
        if (seen.count === this.#stored + batch.length) break;
        this.#blind = mayBeCut(seen, this.#stored);
        if (this.#blind) return this.#settle(error);
        if (seen.count !== this.#stored) throw error;
      }
    }
    this.#underWay = undefined;
    this.#ports.metrics.call("events", "ok");
    this.#stored += batch.length;
  }

  /** Until what was sent and not answered has come there, or never will. */
  async #settle(lost: unknown): Promise<void> {
    const { clock, life, retryMs } = this.#ports;
    const signal = AbortSignal.any([this.#tokens.signal, life]);
    await sleep(clock, settlingMs(lost, retryMs), signal);
    signal.throwIfAborted();
    this.#underWay = undefined;
  }

  /** What ends the stream there: ours, or what a run before has sent; undefined when that cannot be told. */
  async #deliverEnd(batch: readonly JobEvent[], signal: AbortSignal, mayBeThere = false): Promise<StoredEvents["end"]> {
    const { plane, life } = this.#ports;
    const last = batch.at(-1);
    const wait = this.#waiting();
    for (;;) {
      if (mayBeThere || this.#lost !== undefined) {
        const seen = await this.#ask(wait, this.#lost, signal);
        // Without it the reader waits for his own limit; with two of them he would read something wrong.
        if (seen ? seen.end || mayBeCut(seen, this.#stored) : !declined(this.#lost)) return seen?.end;
      }
      signal.throwIfAborted();
      try {
        await postEvents(plane, this.#job, batch, life);
        this.#ports.metrics.call("events", "ok");
        return { type: last?.event_type === "done" ? "done" : "error", text: "" };
      } catch (error) {
        this.#ports.metrics.call("events", "failed");
        if (surely(error)) throw error;
        this.#lost = error;
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
      } catch {
        signal.throwIfAborted();
        // Of a control plane that answers nothing at all it is too early to say that it cannot tell.
        if (await this.#answers(signal)) untold++;
      }
    }
    return undefined;
  }

  #answers(signal: AbortSignal): Promise<boolean> {
    return pollJobs(this.#ports.plane, signal).then(() => true, surely);
  }
}

function declined(error: unknown): boolean {
  return error instanceof ControlPlaneError && error.declined;
}

function surely(error: unknown): boolean {
  return error instanceof ControlPlaneError && error.refused;
}
