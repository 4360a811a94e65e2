// Which jobs this node has taken: durable, so that none is run twice, whatever happens to the node in between.
import type { Clock } from "../../core/clock.ts";
import type { NetworkState } from "../../core/network-state.ts";
import { POLL_LIMIT } from "./routes.ts";

/** Never forgotten by time: a clock that jumps must not let one run again. */
const IN_HAND = "job";
const ENDED = "job-ended";
/** A job leaves the poll when its end is known; long after that nobody asks for it. */
const REMEMBER_MS = 30 * 24 * 60 * 60 * 1000;

export class JobBook {
  readonly #state: NetworkState;
  readonly #clock: Clock;

  constructor(state: NetworkState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** True for exactly one call for each id, over all runs of the node. */
  take(id: string): boolean {
    return !this.#hasEnded(id) && this.#state.add(IN_HAND, id, "");
  }

  /** Its end is known to the control plane, or never will be. */
  end(id: string): void {
    this.#state.set(ENDED, id, "");
    this.#state.remove(IN_HAND, id);
  }

  /** Taken by a run of the node that did not end them. */
  left(): readonly string[] {
    return this.#state
      .all(IN_HAND)
      .map(({ key }) => key)
      .filter((id) => {
        const ended = this.#hasEnded(id);
        // The run before ended between the two steps.
        if (ended) this.#state.remove(IN_HAND, id);
        return !ended;
      });
  }

  knows(id: string): boolean {
    return this.#state.get(IN_HAND, id) !== undefined || this.#hasEnded(id);
  }

  /** @param polled what the control plane still gives: however long ago it has ended, it must not run again */
  tidy(polled: readonly string[]): void {
    const now = this.#clock.now();
    for (const id of polled) {
      const ended = this.#state.get(ENDED, id);
      if (ended && ended.at < now - REMEMBER_MS / 2) this.#state.set(ENDED, id, "");
    }
    // A full answer may leave out some that it would give.
    if (polled.length < POLL_LIMIT) this.#state.forget(ENDED, now - REMEMBER_MS);
  }

  #hasEnded(id: string): boolean {
    return this.#state.get(ENDED, id) !== undefined;
  }
}
