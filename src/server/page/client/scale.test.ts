import { expect, test } from "bun:test";
import fc from "fast-check";
import { moments, path, steps } from "./scale.ts";

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

test("an axis of time has round moments, as many as there is room for", () => {
  const at = (time: string) => Date.parse(`2026-11-26T${time}Z`);
  const names = (from: string, to: string, most: number) =>
    moments(at(from), at(to), most).map((moment) => new Date(moment).toISOString().slice(11, 19));
  expect(names("19:15:44", "19:35:39", 5)).toEqual(["19:20:00", "19:25:00", "19:30:00", "19:35:00"]);
  expect(names("18:36:01", "19:36:00", 3)).toEqual(["19:00:00", "19:30:00"]);
  expect(names("19:15:41", "19:15:56", 4)).toEqual(["19:15:45", "19:15:50", "19:15:55"]);
  expect(names("19:15:41", "19:15:41", 4)).toEqual([]);
  const day = 86_400_000;
  expect(moments(3 * day, 32 * day, 7)).toEqual([5, 10, 15, 20, 25, 30].map((n) => n * day));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 0, max: 5e9 }),
      fc.integer({ min: 1, max: 12 }),
      (first, span, most) => {
        const round = moments(first, first + span, most);
        expect(round.length).toBeLessThanOrEqual(most);
        expect(round.every((moment) => moment >= first && moment <= first + span)).toBeTrue();
      },
    ),
  );
});
