// Deletes nonces that have left every window, again and again.
import type { Config } from "../config/schema.ts";
import { type Clock, sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { PurgingGuard } from "../store/shared/store.ts";
import { Renewed } from "./reload/renewed.ts";

/** By the interval of the configuration, as a reload may change it. */
export function openNonceCleaner(config: Config, replay: Pick<PurgingGuard, "purge">, clock: Clock, log: Log) {
  return new Renewed(config, {
    settings: ({ nonceCache }) => nonceCache.cleanupInterval,
    open: (everyMs) => ({ run: nonceCleaner(replay, everyMs, clock, log) }),
    log,
  });
}

/** A failure is logged and tried again: a full disk may be emptied. */
function nonceCleaner(replay: Pick<PurgingGuard, "purge">, intervalMs: number, clock: Clock, log: Log) {
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
