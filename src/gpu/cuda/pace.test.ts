import { expect, test } from "bun:test";
import { Pace } from "./pace.ts";

test("the next part is what the device does in 30 ms, by the last part that was measured", () => {
  const pace = new Pace(1000);
  expect(pace.operations).toBe(30_000);
  pace.learn(8000, 2);
  expect(pace.operations).toBe(120_000);
  pace.learn(500, 5);
  expect(pace.operations).toBe(3000);
});

test("a part of less than a millisecond can only show that the device is faster", () => {
  const pace = new Pace(1000);
  pace.learn(100, 0.5);
  expect(pace.operations).toBe(30_000);
  pace.learn(1000, 0.5);
  expect(pace.operations).toBe(60_000);
});

test("a part that took no time by the device's clock says nothing absurd", () => {
  const pace = new Pace(1000);
  pace.learn(20, 0);
  expect(pace.operations).toBe(60_000);
});
