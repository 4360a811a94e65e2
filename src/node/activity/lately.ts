// What alerts compare: refusals of the last minutes with those of a day, and how soon first tokens came lately.
import type { Clock } from "../../core/clock.ts";
import { FIRST_TOKEN, REFUSED } from "../../observe/alerts/limits.ts";
import { quantile } from "./quantile.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const WINDOW_MINUTES = REFUSED.windowMs / MINUTE_MS;

type Numbers = Readonly<Record<string, number>>;

export class Lately {
  readonly #clock: Clock;
  readonly #begun: number;
  /** Minutes of the monotonic clock in which something was refused, the oldest first: a day of them at the most. */
  readonly #refused = new Map<number, Map<string, number>>();
  readonly #firstTokens: { readonly at: number; readonly counts: ReadonlyMap<number, number> }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begun = clock.monotonic();
  }

  /** @param refused by reason, of each process @param firstTokens up to each bound in seconds; both since the last call */
  add(refused: readonly Numbers[], firstTokens: ReadonlyMap<number, number>): void {
    const now = this.#clock.monotonic();
    for (const counts of refused)
      for (const [reason, count] of Object.entries(counts)) if (count > 0) this.#refuse(minuteOf(now), reason, count);
    for (const minute of this.#refused.keys()) {
      if (minute > minuteOf(now) - DAY_MINUTES) break;
      this.#refused.delete(minute);
    }
    if ([...firstTokens.values()].some((count) => count > 0)) this.#firstTokens.push({ at: now, counts: firstTokens });
    while (this.#firstTokens[0] && now - this.#firstTokens[0].at > FIRST_TOKEN.windowMs) this.#firstTokens.shift();
  }

  /** In the last ten minutes, and in as long a time of the day before those; undefined: too little of it is known. */
  refusals(reasons: readonly string[]): { readonly lately: number; readonly usual: number | undefined } {
    const now = this.#clock.monotonic();
    const border = minuteOf(now) - WINDOW_MINUTES;
    let [lately, before] = [0, 0];
    for (const [minute, counts] of this.#refused) {
      const count = reasons.reduce((sum, reason) => sum + (counts.get(reason) ?? 0), 0);
      if (minute > border) lately += count;
      else before += count;
    }
    const knownMs = now - this.#begun;
    if (knownMs < REFUSED.knownMs) return { lately, usual: undefined };
    const minutes = Math.min(DAY_MINUTES, knownMs / MINUTE_MS) - WINDOW_MINUTES;
    return { lately, usual: (before / minutes) * WINDOW_MINUTES };
  }

  /** How many came, and the seconds in which 95 of 100 had; undefined: nobody asked for a stream. */
  firstToken(): { readonly count: number; readonly seconds: number } | undefined {
    const sums = new Map<number, number>();
    const now = this.#clock.monotonic();
    for (const { at, counts } of this.#firstTokens) {
      if (now - at > FIRST_TOKEN.windowMs) continue;
      for (const [bound, count] of counts) sums.set(bound, (sums.get(bound) ?? 0) + count);
    }
    const seconds = quantile(0.95, sums);
    return seconds === undefined ? undefined : { count: Math.max(...sums.values()), seconds };
  }

  #refuse(minute: number, reason: string, count: number): void {
    const counts = this.#refused.get(minute) ?? new Map<string, number>();
    counts.set(reason, (counts.get(reason) ?? 0) + count);
    this.#refused.set(minute, counts);
  }
}

const minuteOf = (monotonic: number) => Math.floor(monotonic / MINUTE_MS);
