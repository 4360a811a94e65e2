// Which jobs this node has taken: durable, so that none is run twice, whatever happens to the node in between.
import type { Clock } from "../../core/clock.ts";
import type { NetworkState } from "../../core/network-state.ts";

const KIND = "job";
const IN_HAND = "in-hand";
const ENDED = "ended";
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
    return this.#state.add(KIND, id, IN_HAND);
  }

  /** Its end is known to the control plane, or never will be. */
  end(id: string): void {
    this.#state.set(KIND, id, ENDED);
  }

  knows(id: string): boolean {
    return this.#state.get(KIND, id) !== undefined;
  }

  /** Taken by a run of the node that did not end them. */
  left(): readonly string[] {
    return this.#state
      .all(KIND)
      .filter(({ value }) => value === IN_HAND)
      .map(({ key }) => key);
  }

  tidy(): void {
    this.#state.forget(KIND, this.#clock.now() - REMEMBER_MS);
  }
}
