// Many deadlines on one timer: at 20,000 requests a second a timer for each would be a part of the whole work.
import type { Clock } from "../core/clock.ts";

export interface Expiring {
  expired(): void;
}

/** Deadlines that are due within this many milliseconds of one another are looked at together. */
const GRAIN_MS = 5;

export class Deadlines {
  readonly #clock: Clock;
  readonly #due = new Map<Expiring, number>();
  #wakesAt = Number.POSITIVE_INFINITY;
  #cancelTimer = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `who.expired()` is called in `ms`, unless it is given another time or cleared before. */
  set(who: Expiring, ms: number): void {
    const at = this.#clock.monotonic() + ms;
    this.#due.set(who, at);
    if (at < this.#wakesAt) this.#wake(at, ms);
  }

  clear(who: Expiring): void {
    this.#due.delete(who);
    // A timer would keep the process.
    if (this.#due.size === 0) this.#rest();
  }

  #wake(at: number, ms: number): void {
    this.#cancelTimer();
    this.#wakesAt = at;
    this.#cancelTimer = this.#clock.after(ms, () => this.#look());
  }

  #rest(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    this.#rest();
    const now = this.#clock.monotonic();
    const expired: Expiring[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [who, at] of this.#due) {
      if (at <= now) expired.push(who);
      else if (at < next) next = at;
    }
    for (const who of expired) this.#due.delete(who);
    if (this.#due.size > 0) {
      const ms = Math.max(GRAIN_MS, next - now);
      this.#wake(now + ms, ms);
    }
    for (const who of expired) who.expired();
  }
}
