// Limits of one caller over all nodes that share a store; the rules are those of ./caller-limits.ts.
import type { CallerLimiter } from "../core/auth.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { type LimitStore, type LimitsConfig, PLACE_MS } from "../core/limits.ts";
import type { Log } from "../core/log.ts";
import { refuseFor } from "./errors.ts";

const REFUSALS = { requests: "rate_limited", tokens: "tokens_limited", concurrent: "too_many_concurrent" } as const;
/** Twice before a place would be given to others. */
const RENEW_MS = PLACE_MS / 3;

export interface SharedLimitsPorts {
  readonly store: LimitStore;
  readonly clock: Clock;
  readonly log: Log;
}

export class SharedLimits implements CallerLimiter {
  #config: LimitsConfig;
  readonly #ports: SharedLimitsPorts;
  /** Callers by the places that they hold through this process. */
  readonly #held = new Map<string, string>();
  #renewing = false;

  constructor(config: LimitsConfig, ports: SharedLimitsPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** From now on; what callers have had so far still counts. */
  limitTo(config: LimitsConfig): void {
    this.#config = config;
    this.#ports.store.limitTo(config);
  }

  /** Throws AuthError (429) with Retry-After, or StoreError (503) when the store does not answer. */
  async admit(caller: string): Promise<() => void> {
    const { requestsPerMinute, tokensPerMinute, concurrent } = this.#config;
    if (requestsPerMinute === 0 && tokensPerMinute === 0 && concurrent === 0) return () => {};
    const place = crypto.randomUUID();
    const taken = await this.#ports.store.take(caller, place);
    if (taken.limit !== undefined) throw refuseFor(REFUSALS[taken.limit], taken.seconds);
    if (concurrent === 0) return () => {};
    this.#held.set(place, caller);
    this.#renewLater();
    return () => {
      if (this.#held.delete(place))
        this.#attempt("a place is free only when it expires", (s) => s.release(caller, place));
    };
  }

  spend(caller: string, tokens: number): void {
    if (this.#config.tokensPerMinute === 0) return;
    this.#attempt("a caller's tokens were not counted", (store) => store.spend(caller, tokens));
  }

  #renewLater(): void {
    if (this.#renewing) return;
    this.#renewing = true;
    this.#ports.clock.after(RENEW_MS, () => {
      this.#renewing = false;
      if (this.#held.size === 0) return;
      const places = [...this.#held].map(([place, caller]) => ({ caller, place }));
      this.#attempt("places were not renewed", (store) => store.renew(places));
      this.#renewLater();
    });
  }

  /** Nobody waits for it, and nobody could do more about it. */
  #attempt(failed: string, work: (store: LimitStore) => Promise<void>): void {
    const { store, log } = this.#ports;
    work(store).catch((error: unknown) => log.warn({ error: messageOf(error) }, failed));
  }
}
