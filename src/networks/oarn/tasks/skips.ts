// Why tasks were passed over: the latest reason of each, how often, and when it is worth another look.
import type { Clock } from "../../../core/clock.ts";

export interface Skip {
  /** chain, registry, task. */
  readonly key: string;
  readonly reason: string;
  /** Of its model and its input. */
  readonly hashes: readonly string[];
  readonly times: number;
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly until: number;
}

/** The oldest make room. */
const MOST = 500;
const FIRST_MS = 30_000;
const LONGEST_MS = 60 * 60 * 1000;

export class Skips {
  readonly #clock: Clock;
  readonly #skips = new Map<string, Skip>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether the reason is news */
  add(key: string, reason: string, hashes: readonly string[] = []): boolean {
    const before = this.#skips.get(key);
    const times = (before?.times ?? 0) + 1;
    const now = this.#clock.now();
    const until = now + Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS);
    this.#skips.delete(key);
    this.#skips.set(key, { key, reason, hashes, times, at: now, until });
    const oldest = this.#skips.keys().next();
    if (this.#skips.size > MOST && !oldest.done) this.#skips.delete(oldest.value);
    return before?.reason !== reason;
  }

  /** Something about it has changed, or it was taken. */
  forget(key: string): void {
    this.#skips.delete(key);
  }

  /** A CID for that hash was heard of: tasks that want it are worth a look. */
  wake(hash: string): void {
    for (const [key, skip] of this.#skips) {
      if (skip.hashes.includes(hash)) this.#skips.set(key, { ...skip, until: 0 });
    }
  }

  /** How often it was passed over. */
  times(key: string): number {
    return this.#skips.get(key)?.times ?? 0;
  }

  isResting(key: string): boolean {
    return (this.#skips.get(key)?.until ?? 0) > this.#clock.now();
  }

  /** The latest first. */
  list(): readonly Skip[] {
    return [...this.#skips.values()].reverse();
  }
}
