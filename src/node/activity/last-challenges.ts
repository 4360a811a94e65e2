// How the last challenge of each kind ended, of those that schedulers sent: rehearsals and what was itself at fault say nothing of it.
import type { ChallengeRecord, EndedChallenge } from "../../core/activity.ts";
import type { Clock } from "../../core/clock.ts";

export type LastChallenge = Pick<ChallengeRecord, "type" | "error"> & {
  readonly outcome: "ok" | "failed";
  /** Milliseconds since it ended. */
  readonly ageMs: number;
};

export class LastChallenges {
  readonly #clock: Clock;
  /** There are as many kinds as challengers. */
  readonly #kinds = new Map<string, Omit<LastChallenge, "ageMs"> & { readonly endedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add({ type, outcome, error }: EndedChallenge): void {
    if (outcome === "refused") return;
    this.#kinds.set(type, { type, outcome, error, endedAt: this.#clock.monotonic() });
  }

  /** One of each kind, the newest first. */
  all(): LastChallenge[] {
    const now = this.#clock.monotonic();
    return [...this.#kinds.values()]
      .map(({ endedAt, ...last }) => ({ ...last, ageMs: now - endedAt }))
      .sort((a, b) => a.ageMs - b.ageMs);
  }
}
