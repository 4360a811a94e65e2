// How long to wait: longer after each failure, never the same for all nodes, and never longer than a timer can.

const HOUR_MS = 60 * 60 * 1000;
/** A longer timer of the system fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @param failures in a row, 1 at least @param random 0 up to, not including, 1 */
export function backoffMs(firstMs: number, failures: number, random: () => number): number {
  const ms = Math.min(firstMs * 2 ** (failures - 1), HOUR_MS);
  return ms * (0.9 + 0.2 * random());
}

/** What a step asks for, as a timer takes it. */
export function timerMs(ms: number): number {
  return Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, 0), LONGEST_TIMER_MS);
}
