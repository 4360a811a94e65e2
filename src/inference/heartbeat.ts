// SSE comments while there is nothing to send, so that no proxy on the way takes the silence for the end.
import type { Deadlines } from "../lib/deadlines.ts";

const HEARTBEAT = new TextEncoder().encode(": heartbeat\n\n");

/** Yields a comment after each `interval` milliseconds of waiting; the result is what `work` resolves to. */
export async function* whileWaiting<T>(
  work: Promise<T>,
  interval: number,
  deadlines: Deadlines,
): AsyncGenerator<Uint8Array, T> {
  while (!(await settledWithin(work, interval, deadlines))) yield HEARTBEAT;
  return await work;
}

/** Whether `work` resolves or rejects within `ms`; 0 waits for it as long as it takes. */
export function settledWithin(work: Promise<unknown>, ms: number, deadlines: Deadlines): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const late = { expired: () => resolve(false) };
  if (ms > 0) deadlines.set(late, ms);
  const settled = () => {
    deadlines.clear(late);
    resolve(true);
  };
  work.then(settled, settled);
  return promise;
}
