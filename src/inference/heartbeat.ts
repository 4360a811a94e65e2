// SSE comments while there is nothing to send, so that no proxy on the way takes the silence for the end.
import type { Clock } from "../core/clock.ts";

const HEARTBEAT = new TextEncoder().encode(": heartbeat\n\n");

/** Yields a comment after each `interval` milliseconds of waiting; the result is what `work` resolves to. */
export async function* whileWaiting<T>(
  work: Promise<T>,
  interval: number,
  clock: Clock,
): AsyncGenerator<Uint8Array, T> {
  while (!(await settledWithin(work, interval, clock))) yield HEARTBEAT;
  return await work;
}

/** Whether `work` resolves or rejects within `ms`; 0 waits for it as long as it takes. */
export function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = ms > 0 ? clock.after(ms, () => resolve(false)) : () => {};
  const settled = () => {
    cancel();
    resolve(true);
  };
  work.then(settled, settled);
  return promise;
}
