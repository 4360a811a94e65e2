// Limits of one caller over all processes: requests and tokens per minute as token buckets, and requests at the same time.
import type { CallerLimiter } from "../core/auth.ts";
import type { LimitsConfig } from "../core/limits.ts";
import type { SharedRows, SharedWord } from "../core/shared.ts";
import { refuseFor } from "./errors.ts";

const MINUTE_US = 60_000_000;

/** The words of a caller's row: when each bucket would be full again, in microseconds since the node started. */
const REQUESTS = 0;
const TOKENS = 1;

export class CallerLimits implements CallerLimiter {
  #config: LimitsConfig;
  readonly #rows: SharedRows;

  constructor(config: LimitsConfig, rows: SharedRows) {
    this.#config = config;
    this.#rows = rows;
  }

  /** From now on; what callers have had so far still counts. */
  limitTo(config: LimitsConfig): void {
    this.#config = config;
  }

  /** Admits one request; call the result once when it has ended. Throws AuthError (429) with Retry-After. */
  admit(caller: string): () => void {
    const { requestsPerMinute, tokensPerMinute, concurrent } = this.#config;
    if (requestsPerMinute === 0 && tokensPerMinute === 0 && concurrent === 0) return () => {};
    const { counter, words } = this.#rows.row(`caller ${caller}`);
    if (!counter.enter(concurrent > 0 ? concurrent : Number.POSITIVE_INFINITY)) {
      throw refuseFor("too_many_concurrent", 1);
    }
    try {
      if (tokensPerMinute > 0) refuseOverdrawn(words[TOKENS], this.#now(), MINUTE_US / tokensPerMinute);
      if (requestsPerMinute > 0) takeOne(words[REQUESTS], () => this.#now(), MINUTE_US / requestsPerMinute);
    } catch (error) {
      counter.leave();
      throw error;
    }
    let ended = false;
    return () => {
      if (!ended) counter.leave();
      ended = true;
    };
  }

  /** Tokens are known only afterwards: a caller may overdraw once and then waits until the debt is paid. */
  spend(caller: string, tokens: number): void {
    const { tokensPerMinute } = this.#config;
    if (tokensPerMinute === 0) return;
    const now = this.#now();
    const cost = (tokens * MINUTE_US) / tokensPerMinute;
    this.#rows
      .row(`caller ${caller}`)
      .words[TOKENS].update((full) => BigInt(Math.ceil(Math.max(now, Number(full)) + cost)));
  }

  #now(): number {
    return this.#rows.elapsed() * 1000;
  }
}

/**
 * A token bucket that holds a minute's worth, as the time at which it would be full again (the generic cell rate
 * algorithm): one number, so that processes can share it.
 * @param clock asked when the step is made: another process may have made one since, by a later time
 * @param each microseconds after which one more comes
 */
function takeOne(word: SharedWord, clock: () => number, each: number): void {
  let waitUs = 0;
  word.update((full) => {
    const now = clock();
    const next = Math.max(now, Number(full)) + each;
    waitUs = next - now - MINUTE_US;
    // Whole microseconds: what rounding takes from one request must not refuse the last.
    return waitUs > 1 ? undefined : BigInt(Math.floor(next));
  });
  if (waitUs > 1) throw refuseFor("rate_limited", (waitUs - 1) / 1e6);
}

function refuseOverdrawn(word: SharedWord, now: number, each: number): void {
  const empty = Number(word.update(() => undefined)) - now - MINUTE_US;
  if (empty >= 0) throw refuseFor("tokens_limited", (empty + each) / 1e6);
}
