import { expect, test } from "bun:test";
import { median, missed, quantile } from "./comparison.ts";

test("a quantile is the nearest rank", () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.21, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 1, 2, 3, 5, 5]);
  expect(median([2, 1])).toBe(1);
  expect(() => median([])).toThrow("no values");
});

test("a figure that could not be measured misses its bound", () => {
  const row = { what: "", measured: "", against: "" };
  expect(missed({ ...row, ratio: Number.NaN, bound: { most: 1 } })).toBeTrue();
  expect(missed({ ...row, ratio: Number.NaN, bound: { least: 1 } })).toBeTrue();
  expect(missed({ ...row, ratio: 1, bound: { most: 1 } })).toBeFalse();
  expect(missed({ ...row, ratio: 1, bound: { least: 1 } })).toBeFalse();
  expect(missed({ ...row, ratio: 1.1, bound: { most: 1 } })).toBeTrue();
  expect(missed({ ...row, ratio: 0.9, bound: { least: 1 } })).toBeTrue();
  expect(missed({ ...row, ratio: Number.NaN })).toBeFalse();
});
