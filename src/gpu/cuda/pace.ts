// How much work a device is given at a time: so little that it can be stopped soon, so much that launching costs nothing.
/** Two parts are in the stream at a time: work stops within twice as long after an abort. */
const PART_MS = 30;
const SHORT_MS = 1;
/** Less than this the clock cannot tell. */
const CLOCK_MS = 0.01;

export class Pace {
  #operationsPerMs: number;

  /** @param guess until a part has been measured; too much makes the first part long, too little many parts */
  constructor(guess: number) {
    this.#operationsPerMs = guess;
  }

  /** Multiplications and additions of the next part. */
  get operations(): number {
    return this.#operationsPerMs * PART_MS;
  }

  /** What came before and after counts in a short part: it can only show that the device is faster than thought. */
  learn(operations: number, ms: number): void {
    const measured = operations / Math.max(ms, CLOCK_MS);
    this.#operationsPerMs = ms < SHORT_MS ? Math.max(this.#operationsPerMs, measured) : measured;
  }
}
