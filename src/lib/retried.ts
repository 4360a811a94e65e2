// Tries again until it works, for what another process is about to let go of.
import { type Clock, sleep } from "../core/clock.ts";

const POLL_MS = 25;

/** @param limitMs 0: once. Throws what the last attempt threw. */
export async function retried<T>(attempt: () => T, limitMs: number, clock: Clock): Promise<T> {
  for (const end = clock.monotonic() + limitMs; ; await sleep(clock, POLL_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (clock.monotonic() >= end) throw error;
    }
  }
}
