// A value that is made when it is asked for, and not again before it is old.
import type { Clock } from "../../core/clock.ts";

export class Remembered<T> {
  readonly #ms: number;
  readonly #clock: Clock;
  readonly #make: () => T;
  #made: { readonly at: number; readonly value: T } | undefined;

  constructor(ms: number, clock: Clock, make: () => T) {
    this.#ms = ms;
    this.#clock = clock;
    this.#make = make;
  }

  /** Throws what making it throws; then it is made anew the next time. */
  value(): T {
    const now = this.#clock.monotonic();
    if (!this.#made || now - this.#made.at >= this.#ms) this.#made = { at: now, value: this.#make() };
    return this.#made.value;
  }
}
