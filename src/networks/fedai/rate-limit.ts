// How often one key may call: a fixed window that opens with its first call. Windows that have ended are forgotten.
import type { Clock } from "../../core/clock.ts";

interface Window {
  readonly opened: number;
  calls: number;
}

export class RateLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  #swept = 0;

  /** @param most calls within the window; 0: no limit */
  constructor(most: number, windowMs: number, clock: Clock) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Counts a call; false when it is one too many. */
  admits(key: string): boolean {
    if (this.#most === 0) return true;
    const now = this.#clock.monotonic();
    this.#sweep(now);
    const known = this.#windows.get(key);
    const window = known && now - known.opened < this.#windowMs ? known : { opened: now, calls: 0 };
    this.#windows.set(key, window);
    window.calls += 1;
    return window.calls <= this.#most;
  }

  #sweep(now: number): void {
    if (now - this.#swept < this.#windowMs) return;
    this.#swept = now;
    for (const [key, { opened }] of this.#windows) if (now - opened >= this.#windowMs) this.#windows.delete(key);
  }
}
