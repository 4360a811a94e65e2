// Waiting longer and longer, but never longer than a timer can.
import { expect, test } from "bun:test";
import { Backoff } from "./backoff.ts";
import { commandMs, settings } from "./settings.ts";

const DAY = 24 * 60 * 60 * 1000;

test("no wait is longer than a day and its jitter, however often it failed", () => {
  const wait = new Backoff(1000, Number.MAX_SAFE_INTEGER, () => 1);
  const waits = Array.from({ length: 2000 }, () => wait.next());
  expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  expect(Math.max(...waits)).toBeLessThan(1.2 * DAY);
});

test("intervals are a day at most", () => {
  for (const name of ["heartbeatMs", "pollMs", "commandMs"]) {
    expect(settings.safeParse({ intervals: { [name]: DAY } }).success).toBe(true);
    expect(settings.safeParse({ intervals: { [name]: DAY + 1 } }).success).toBe(false);
  }
  expect(commandMs(settings.parse({ intervals: { pollMs: DAY } }).intervals)).toBeLessThan(3 * DAY);
});
