// The last challenges and how they ended, in memory.
import type { ChallengeRecord, EndedChallenge } from "../../core/activity.ts";
import type { Clock } from "../../core/clock.ts";

const KEPT = 100;

export class ChallengeLog {
  readonly #clock: Clock;
  readonly #kept: (EndedChallenge & { readonly monotonic: number })[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of a challenge that has ended now. */
  add(record: EndedChallenge): void {
    this.#kept.unshift({ ...record, monotonic: this.#clock.monotonic() - record.durationMs });
    if (this.#kept.length > KEPT) this.#kept.pop();
  }

  /** The newest first. */
  records(): ChallengeRecord[] {
    const started = this.#clock.now() - this.#clock.monotonic();
    return this.#kept.map(({ monotonic, ...record }) => ({ at: Math.round(started + monotonic), ...record }));
  }
}
