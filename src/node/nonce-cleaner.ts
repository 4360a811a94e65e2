// Deletes nonces that have left every window, again and again.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

/** A failure is logged and tried again: a full disk may be emptied. */
export function nonceCleaner(replay: { purge(): void }, intervalMs: number, clock: Clock, log: Log) {
  return async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        replay.purge();
        log.debug({}, "old nonces deleted");
      } catch (error) {
        log.error({ error: messageOf(error) }, "old nonces could not be deleted");
      }
      await sleep(clock, intervalMs, signal);
    }
  };
}
