// Work of which pieces come and go while it runs: each is told to end by itself, and ends beside those that have come since.
import { aborted } from "./abort.ts";

export type Work = (signal: AbortSignal) => Promise<void>;

export class Crew {
  readonly #failed: (error: unknown) => void;
  readonly #members = new Map<Work, AbortController>();
  readonly #running = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  /** @param failed is told of what a piece throws; the others go on */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** It begins now, or with `run`. @returns what tells it to end */
  add(work: Work): () => void {
    const leaving = new AbortController();
    this.#members.set(work, leaving);
    if (this.#signal) this.#begin(work, AbortSignal.any([this.#signal, leaving.signal]));
    return () => {
      this.#members.delete(work);
      leaving.abort();
    };
  }

  /** Until the signal aborts and all have ended, those that were told before too. May be called again. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const [work, leaving] of this.#members) this.#begin(work, AbortSignal.any([signal, leaving.signal]));
    await aborted(signal);
    this.#signal = undefined;
    await Promise.all(this.#running);
  }

  #begin(work: Work, signal: AbortSignal): void {
    const running = work(signal)
      .catch(this.#failed)
      .finally(() => {
        this.#running.delete(running);
        // One that ended by itself has done its work.
        if (!signal.aborted) this.#members.delete(work);
      });
    this.#running.add(running);
  }
}
