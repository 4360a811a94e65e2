import { expect, test } from "bun:test";
import fc from "fast-check";
import { path, steps } from "./scale.ts";

test("steps are round, start at 0 and reach the highest value", () => {
  expect(steps(10)).toEqual([0, 5, 10]);
  expect(steps(0.29)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(steps(100)).toEqual([0, 50, 100]);
  expect(steps(0)).toEqual(steps(1));
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (highest) => {
      const marks = steps(highest);
      expect(marks[0]).toBe(0);
      expect(marks.at(-1)).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
      expect(marks.length).toBeLessThanOrEqual(6);
    }),
  );
});

test("a line has gaps where nothing is known, and shows a value that stands alone", () => {
  const draw = (values: (number | null)[]) =>
    path(
      values,
      (x) => x,
      (y) => y,
    );
  expect(draw([1, 2, null, 3, null, 4, 5])).toBe("M0,1L1,2M1,3h4M5,4L6,5");
  expect(draw([null, null])).toBe("");
});
