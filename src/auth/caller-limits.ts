// Limits of one caller: requests and tokens per minute as token buckets, and requests at the same time.
import type { CallerLimiter } from "../core/auth.ts";
import type { Clock } from "../core/clock.ts";
import { refuseFor } from "./errors.ts";

export interface CallerLimitsConfig {
  /** 0 is no limit, here and below. */
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly concurrent: number;
}

interface CallerState {
  requests: number;
  tokens: number;
  running: number;
  /** Monotonic milliseconds of the last refill. */
  refilledAt: number;
}

const MINUTE_MS = 60_000;

export class CallerLimits implements CallerLimiter {
  readonly #config: CallerLimitsConfig;
  readonly #clock: Clock;
  /** Only callers that passed verification get here, so the registries bound its size. */
  readonly #callers = new Map<string, CallerState>();

  constructor(config: CallerLimitsConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Admits one request; call the result once when it has ended. Throws AuthError (429) with Retry-After. */
  admit(caller: string): () => void {
    const { requestsPerMinute, tokensPerMinute, concurrent } = this.#config;
    const state = this.#refilled(caller);
    if (concurrent > 0 && state.running >= concurrent) throw refuseFor("too_many_concurrent", 1);
    if (tokensPerMinute > 0 && state.tokens <= 0) {
      throw refuseFor("tokens_limited", ((1 - state.tokens) / tokensPerMinute) * 60);
    }
    if (requestsPerMinute > 0 && state.requests < 1) {
      throw refuseFor("rate_limited", ((1 - state.requests) / requestsPerMinute) * 60);
    }
    state.requests--;
    state.running++;
    let ended = false;
    return () => {
      if (!ended) state.running--;
      ended = true;
    };
  }

  /** Tokens are known only afterwards: a caller may overdraw once and then waits until the debt is paid. */
  spend(caller: string, tokens: number): void {
    this.#refilled(caller).tokens -= tokens;
  }

  #refilled(caller: string): CallerState {
    const now = this.#clock.monotonic();
    const { requestsPerMinute, tokensPerMinute } = this.#config;
    const known = this.#callers.get(caller);
    if (!known) {
      const state = { requests: requestsPerMinute, tokens: tokensPerMinute, running: 0, refilledAt: now };
      this.#callers.set(caller, state);
      return state;
    }
    const share = (now - known.refilledAt) / MINUTE_MS;
    known.requests = Math.min(requestsPerMinute, known.requests + share * requestsPerMinute);
    known.tokens = Math.min(tokensPerMinute, known.tokens + share * tokensPerMinute);
    known.refilledAt = now;
    return known;
  }
}
