// How long to wait before the next attempt: longer each time, never the same for all nodes, in proportion to the interval.

/** Timers take less than a month. */
const MOST_MS = 24 * 60 * 60 * 1000;

export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(firstMs: number, longestMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }

  next(): number {
    const ms = Math.min(this.#firstMs * 2 ** this.#failures++, this.#longestMs, MOST_MS);
    return jittered(ms, this.#random);
  }
}

/** A tenth more or less, so that nodes that began together do not go on together. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
