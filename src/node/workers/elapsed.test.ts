import { expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { elapsedNow } from "./elapsed.ts";

test.each([
  ["the time on the way counts", -350, 5350],
  ["a wall clock that was set back takes nothing away", 3_600_000, 5000],
  ["one that was set forward adds no more than a minute", -3_600_000, 65_000],
])("%s", (_, sent, expected) => {
  const clock = new FakeClock();
  expect(elapsedNow({ elapsedMs: 5000, sentAt: clock.now() + sent }, clock)).toBe(expected);
});
