// How far this machine's clock is from that of others, by what they say anyway: Date headers, and the times of blocks.
import type { Clock } from "../core/clock.ts";
import type { Fetch } from "./fetch.ts";
import type { HttpClient } from "./http-client.ts";

/** A Date header has whole seconds, and was on its way. */
export const TOLERATED_MS = 5000;

/** All in milliseconds. */
export interface Told {
  /** By its Date header: how far this clock is ahead. */
  readonly date: number | undefined;
  /** How much later it is here than when the latest block was made; a block is never of the future. */
  readonly block: number | undefined;
}

export interface Skew {
  /** Milliseconds; positive: this clock is ahead. */
  readonly aheadMs: number;
  /** How many have told. */
  readonly sources: number;
}

/** One liar among several changes nothing: the one in the middle counts. undefined: nobody told the time. */
export function skewOf(told: readonly Told[]): Skew | undefined {
  const dates = told.flatMap(({ date }) => date ?? []).sort((a, b) => a - b);
  const middle = dates[Math.floor(dates.length / 2)];
  const blocks = told.flatMap(({ block }) => block ?? []);
  // The latest block is older than now by as much as the chain takes for one, which nobody here knows; but not younger.
  const youngest = blocks.length > 0 ? Math.min(...blocks) : undefined;
  if (youngest !== undefined && youngest < -TOLERATED_MS && youngest < (middle ?? 0))
    return { aheadMs: youngest, sources: blocks.length };
  return middle === undefined ? undefined : { aheadMs: middle, sources: dates.length };
}

/** @param at this machine's time when the header was written @returns undefined: it is no date */
export function aheadOfDate(header: string | null | undefined, at: number): number | undefined {
  const date = Date.parse(header ?? "");
  // Whole seconds: half of one later on the average.
  return Number.isNaN(date) ? undefined : at - (date + 500);
}

/** What was told lately counts; a clock that was set meanwhile is measured anew by the next answers. */
const KEPT_MS = 10 * 60_000;
/** One that took longer was written nobody knows when. */
const LONGEST_MS = 2000;
/** Between two looks at model servers, of which one answers thousands of requests a second. */
const APART_MS = 1000;

/** Listens to servers that are asked anyway, and asks none itself. */
export class HeardClock {
  readonly #clock: Clock;
  /** The latest word of each origin, and when it was heard; origins are those of the configuration. */
  readonly #heard = new Map<string, { readonly aheadMs: number; readonly at: number }>();
  #quietUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** undefined: nobody told the time lately. */
  skew(): Skew | undefined {
    const since = this.#clock.monotonic() - KEPT_MS;
    for (const [origin, { at }] of this.#heard) if (at < since) this.#heard.delete(origin);
    return skewOf([...this.#heard.values()].map(({ aheadMs }) => ({ date: aheadMs, block: undefined })));
  }

  /** The same fetch, whose answers are listened to. */
  listening(fetch: Fetch): Fetch {
    return async (url, options) => {
      const asked = this.#clock.now();
      const reply = await fetch(url, options);
      // What a cache has kept was written at another time.
      if (!reply.headers.has("age")) this.#hear(new URL(url).origin, reply.headers.get("date"), asked);
      return reply;
    };
  }

  /** The same client. @param counts whether the server's clock is another one than this machine's */
  listeningTo(http: HttpClient, counts: (server: URL) => boolean): HttpClient {
    return {
      close: () => http.close(),
      request: async (request) => {
        const asked = this.#clock.now();
        const reply = await http.request(request);
        if (this.#clock.monotonic() < this.#quietUntil) return reply;
        this.#quietUntil = this.#clock.monotonic() + APART_MS;
        const server = new URL(request.url);
        if (counts(server)) this.#hear(server.origin, reply.headers.get("date"), asked);
        return reply;
      },
    };
  }

  #hear(origin: string, date: string | null | undefined, asked: number): void {
    const now = this.#clock.now();
    const aheadMs = aheadOfDate(date, (asked + now) / 2);
    if (aheadMs === undefined || now - asked > LONGEST_MS) return;
    this.#heard.set(origin, { aheadMs, at: this.#clock.monotonic() });
  }
}
