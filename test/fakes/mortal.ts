// A node that dies between two of its own doings, as by kill -9: from then on nothing of it reaches anything.
import type { Clock } from "../../src/core/clock.ts";
import type { NetworkState } from "../../src/core/network-state.ts";
import type { Fetch } from "../../src/lib/fetch.ts";
import type { NetworkPorts } from "../../src/networks/ports.ts";

const never = <T>() => new Promise<T>(() => {});

export class Mortal {
  #doings = 0;
  readonly #last: number;

  /** @param last after so many doings it is dead; each request has two, its sending and its answer */
  constructor(last: number) {
    this.#last = last;
  }

  get dead(): boolean {
    return this.#doings >= this.#last;
  }

  get doings(): number {
    return this.#doings;
  }

  /** False: it does not come to it any more. */
  #does(): boolean {
    if (this.dead) return false;
    this.#doings += 1;
    return true;
  }

  ports({ fetch, state, clock }: Pick<NetworkPorts, "fetch" | "state" | "clock">) {
    return { fetch: this.#fetch(fetch), state: this.#state(state), clock: this.#clock(clock) };
  }

  #fetch(fetch: Fetch): Fetch {
    return async (url, options) => {
      if (!this.#does()) return never();
      const reply = await fetch(url, options);
      return this.#does() ? reply : never();
    };
  }

  #state(state: NetworkState): NetworkState {
    const write = <T>(work: () => T): T => {
      if (!this.#does()) throw new Error("dead");
      return work();
    };
    return {
      get: (kind, key) => state.get(kind, key),
      all: (kind) => state.all(kind),
      add: (kind, key, value) => write(() => state.add(kind, key, value)),
      set: (kind, key, value) => write(() => state.set(kind, key, value)),
      remove: (kind, key) => write(() => state.remove(kind, key)),
      forget: (kind, before) => write(() => state.forget(kind, before)),
    };
  }

  #clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms, fn) =>
        clock.after(ms, () => {
          if (!this.dead) fn();
        }),
    };
  }
}
