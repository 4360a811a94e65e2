// A place that content comes from, and what one request to it may cost.
import type { CID } from "multiformats/cid";
import type { Clock } from "../core/clock.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { Verified, Want } from "./assemble.ts";

export interface Source {
  /** For errors and the log; the rest of its URL may hold a token. */
  readonly host: string;
  /** Verified content, within the source's time. @throws FetchError or IpfsError */
  get(cid: CID, want: Want): Promise<Verified>;
}

export interface SourcePorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** What is left of the time of one try, for one request after the other. */
export function timeLeft({ clock, timeoutMs }: SourcePorts): () => number {
  const end = clock.monotonic() + timeoutMs;
  return () => Math.max(1, end - clock.monotonic());
}
