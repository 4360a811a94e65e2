// A first-in first-out queue of a bounded length, whose waiters take what they need when something is freed.
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";
import type { SharedCounter } from "../core/shared.ts";

export class QueueError extends FxnError<"queue_full" | "queue_timeout" | "queue_aborted"> {}

interface Waiter {
  /** Takes its turn; true when it has left the queue. */
  readonly turn: () => boolean;
}

export interface QueueLimits {
  readonly size: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export class BoundedQueue {
  #limits: QueueLimits;
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  readonly #places: SharedCounter;

  /** @param places counts who waits, in all processes */
  constructor(limits: QueueLimits, places: SharedCounter, clock: Clock) {
    this.#limits = limits;
    this.#places = places;
    this.#clock = clock;
  }

  /** For those that come from now on. */
  limitTo(limits: QueueLimits): void {
    this.#limits = limits;
  }

  /** Who waits, in all processes. */
  get length(): number {
    return this.#places.total();
  }

  /** How many may wait, in all processes. */
  get size(): number {
    return this.#limits.size;
  }

  /** Who waits in this process. */
  get own(): number {
    return this.#waiters.size;
  }

  /**
   * Waits until `take` gives something at one of the queue's turns; what it throws ends the wait.
   * Throws QueueError when the queue is full, the time is over or the signal aborts.
   */
  wait<T>(take: () => T | undefined, signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = (settle: () => void) => {
      if (this.#waiters.delete(waiter)) this.#places.leave();
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
      settle();
      return true;
    };
    const waiter: Waiter = {
      turn() {
        try {
          const taken = take();
          return taken !== undefined && leave(() => resolve(taken));
        } catch (error) {
          return leave(() => reject(error));
        }
      },
    };
    const refuse = (error: QueueError) => leave(() => reject(error));
    const onAbort = () => refuse(new QueueError("queue_aborted", 499, "the caller left"));
    let cancelTimer = () => {};
    if (signal.aborted) {
      onAbort();
    } else if (!this.#places.enter(this.#limits.size)) {
      refuse(new QueueError("queue_full", 429, "too many requests are waiting"));
    } else {
      this.#waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
      cancelTimer = this.#clock.after(this.#limits.timeout, () =>
        refuse(new QueueError("queue_timeout", 429, "no model server became free in time")),
      );
    }
    return promise;
  }

  /** Gives each waiter a turn, oldest first, as long as `more` says that there is something to take. */
  serve(more: () => boolean): void {
    for (const waiter of this.#waiters) {
      if (!more()) return;
      waiter.turn();
    }
  }
}
