// Deletes nonces that have left every window, again and again.
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { PurgingGuard } from "../store/shared/store.ts";

/** A failure is logged and tried again: a full disk may be emptied. */
export function nonceCleaner(replay: Pick<PurgingGuard, "purge">, intervalMs: number, clock: Clock, log: Log) {
  return async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        // Between the slices everything else has its turn.
        while ((await replay.purge()) && !signal.aborted) await sleep(clock, 1, signal);
        log.debug({}, "old nonces deleted");
      } catch (error) {
        log.error({ error: messageOf(error) }, "old nonces could not be deleted");
      }
      await sleep(clock, intervalMs, signal);
    }
  };
}
