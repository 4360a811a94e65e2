// Waiting no longer than a signal or a time allows, for work that does not listen to it itself.
import type { Clock } from "../core/clock.ts";
import { FxnError } from "../core/errors.ts";

/** Nothing came in time. */
export class TooLate extends FxnError<"too_late"> {
  constructor(limitMs: number) {
    super("too_late", 504, `no answer within ${limitMs / 1000} s`);
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** What the work gives, or the signal's reason when that comes first; the work goes on unheard then. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** What the work gives in that time; else TooLate, or the signal's reason when that comes first. The work hears of either. */
export async function within<T>(
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(limitMs, () => limit.abort(new TooLate(limitMs)));
  const ended = AbortSignal.any([signal, limit.signal]);
  try {
    return await untilAborted(work(ended), ended);
  } finally {
    cancel();
  }
}
