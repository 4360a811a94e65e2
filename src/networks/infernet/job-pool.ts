// The jobs in hand: asks for more while there are places, takes each once, and knows what is left of a run before.
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { Backoff, jittered } from "./backoff.ts";
import { InfernetError } from "./errors.ts";
import { jobOf } from "./job.ts";
import type { JobBook } from "./job-book.ts";
import type { JobPorts } from "./job-ports.ts";
import { pollJobs } from "./routes.ts";
import { endLeftJob, type JobEnd, type JobTerms, runJob } from "./run-job.ts";

export interface JobPoolPorts extends JobPorts {
  readonly book: JobBook;
  /** More that may begin now, as far as the node's budget goes. */
  places(): number;
  terms(): JobTerms;
  /** Whether the network knows this node, so that it has jobs for it. */
  registered(): boolean;
}

export interface JobPoolLimits {
  readonly maxConcurrent: number;
  readonly timeoutMs: number;
  readonly everyMs: number;
}

export class JobPool {
  readonly #ports: JobPoolPorts;
  readonly #limits: JobPoolLimits;
  readonly #inHand = new Map<string, Promise<void>>();
  /** Of those in hand: what has been answered and only waits for the control plane takes no place. */
  readonly #working = new Set<string>();
  readonly #cut = new AbortController();
  #wake = new AbortController();
  #draining = false;
  /** The last answer held jobs for which there was no place. */
  #more = false;

  constructor(ports: JobPoolPorts, limits: JobPoolLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  get active(): number {
    return this.#working.size;
  }

  /** More that this network would take now. */
  get places(): number {
    if (this.#draining) return 0;
    return Math.max(0, Math.min(this.#limits.maxConcurrent - this.active, this.#ports.places()));
  }

  /** Asks for jobs until the signal aborts; one question at a time, and none while there is no place. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const { everyMs } = this.#limits;
    const failing = new Backoff(everyMs / 8, everyMs * 4, random);
    this.#endLeft();
    while (!signal.aborted && !this.#draining) {
      this.#wake = new AbortController();
      let waitMs = jittered(everyMs, random);
      if (this.places > 0 && this.#ports.registered()) {
        const asked = await this.#poll(signal, failing.failures === 0);
        if (asked) failing.reset();
        else waitMs = failing.next();
      }
      await sleep(clock, waitMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  /** Asks now, since there is reason to. */
  wake(): void {
    this.#wake.abort();
  }

  /** Takes no more; resolves when all in hand have ended, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    this.wake();
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    await Promise.race([this.#idle(), aborted.promise]);
    signal.removeEventListener("abort", onAbort);
  }

  /** Fails what is in hand, so that its readers know; resolves when they have been told. */
  async cut(): Promise<void> {
    this.#draining = true;
    this.#cut.abort(new InfernetError("infernet_job", 503, "the node stops"));
    await this.#idle();
  }

  async #idle(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.all(this.#inHand.values());
  }

  async #poll(signal: AbortSignal, firstFailure: boolean): Promise<boolean> {
    const { plane, metrics, log, book } = this.#ports;
    try {
      const entries = await pollJobs(plane, signal);
      metrics.call("poll", "ok");
      this.#more = false;
      for (const entry of entries) this.#take(entry);
      book.tidy(entries.map((entry) => jobOf(entry)?.id ?? ""));
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      metrics.call("poll", "failed");
      if (firstFailure) log.warn({ network: "infernet", error: messageOf(error) }, "no jobs could be asked for");
      return false;
    }
  }

  #take(entry: unknown): void {
    const { book, clock, metrics, terms } = this.#ports;
    const job = jobOf(entry);
    if (!job || book.knows(job.id)) return;
    if (this.places === 0) {
      this.#more = true;
      return;
    }
    // From here on it is ours for good: durable before anything is done for it.
    if (!book.take(job.id)) return;
    const stop = new AbortController();
    const cancel = clock.after(this.#limits.timeoutMs, () =>
      stop.abort(new InfernetError("infernet_job", 504, "the job took too long")),
    );
    const began = clock.monotonic();
    const signal = AbortSignal.any([stop.signal, this.#cut.signal]);
    this.#working.add(job.id);
    this.#hold(
      job.id,
      runJob(this.#ports, terms(), job, signal, () => this.#answered(job.id))
        .finally(cancel)
        .then((end: JobEnd) => metrics.work(end, (clock.monotonic() - began) / 1000)),
    );
  }

  /** Of a run before, which did not get to their end. */
  #endLeft(): void {
    for (const id of this.#ports.book.left()) this.#hold(id, endLeftJob(this.#ports, this.#ports.terms(), id));
  }

  #hold(id: string, work: Promise<void>): void {
    const { book, metrics, log, life } = this.#ports;
    const ended = work
      .then(() => book.end(id))
      .catch((error: unknown) => {
        // It stays in the book as in hand: the next run of the node ends it.
        if (life.aborted) return;
        log.error({ network: "infernet", job: id, error: messageOf(error) }, "a job's end is not known");
      });
    this.#inHand.set(
      id,
      ended.finally(() => {
        this.#inHand.delete(id);
        this.#answered(id);
      }),
    );
    metrics.running(this.active);
  }

  #answered(id: string): void {
    this.#working.delete(id);
    this.#ports.metrics.running(this.active);
    if (this.#more && this.places > 0) this.wake();
  }
}
