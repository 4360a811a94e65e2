// A clock that stands still until a test moves it; timers fire in order, at their own time.
import type { Clock } from "../../src/core/clock.ts";

interface Timer {
  at: number;
  fn: () => void;
}

export class FakeClock implements Clock {
  #wall: number;
  #mono = 0;
  #timers: Timer[] = [];

  constructor(now = 1_750_000_000_000) {
    this.#wall = now;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#mono;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#mono + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves both clocks on, firing what falls due; promises get a turn after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#wall += due.at - this.#mono;
      this.#mono = due.at;
      due.fn();
      await settle();
    }
    this.#wall += end - this.#mono;
    this.#mono = end;
    await settle();
  }

  /** Moves the wall clock alone, as an operator or NTP would. */
  jump(ms: number): void {
    this.#wall += ms;
  }
}

/** Lets everything that is already resolved run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
