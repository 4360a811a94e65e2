// Waits for the device without holding up the event loop: asks at once, then every millisecond.
import { type Clock, sleep } from "../../core/clock.ts";
import { EngineError } from "../../core/compute.ts";
import type { Context } from "./context.ts";

const POLL_MS = 1;
/** Much longer than the parts into which work is cut: a device that takes so long for one has failed. */
const STUCK_MS = 30_000;

/** @throws the signal's reason, or EngineError when the device is stuck */
export async function until(clock: Clock, done: () => boolean, signal?: AbortSignal): Promise<void> {
  const start = clock.monotonic();
  while (!done()) {
    signal?.throwIfAborted();
    if (clock.monotonic() - start > STUCK_MS)
      throw new EngineError("engine_failed", 500, `the device has not answered for ${STUCK_MS / 1000} s`);
    await sleep(clock, POLL_MS, signal);
  }
  signal?.throwIfAborted();
}

/** Until the device uses none of the job's memory any more. A context that has failed runs nothing. */
export async function untilUnused(clock: Clock, context: Context): Promise<void> {
  await until(clock, () => {
    try {
      return context.idle();
    } catch {
      return true;
    }
  });
}

/** Gives way to what else waits in the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
