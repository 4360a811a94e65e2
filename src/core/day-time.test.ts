import { expect, test } from "bun:test";
import { formatHours, minutesLeft, parseHours } from "./day-time.ts";

const at = (hour: number, minute: number) => new Date(2026, 10, 26, hour, minute).getTime();

test("hours are read and written back; what is none, or means no time, is refused", () => {
  for (const text of ["22:00-07:00", "00:00-23:59", "07:05-07:06"]) {
    const hours = parseHours(text);
    expect(hours && formatHours(hours)).toBe(text);
  }
  expect(parseHours(" 7:00 - 8:30 ")).toEqual({ from: 420, to: 510 });
  for (const text of ["", "22-7", "24:00-07:00", "07:60-08:00", "07:00-07:00", "07:00", "07:00-08:00-09:00"])
    expect(parseHours(text)).toBeUndefined();
});

test("over midnight, the first minute is within and the last is not", () => {
  const night = parseHours("22:00-07:00")!;
  expect(minutesLeft(night, at(22, 0))).toBe(9 * 60);
  expect(minutesLeft(night, at(0, 30))).toBe(6 * 60 + 30);
  expect(minutesLeft(night, at(6, 59))).toBe(1);
  expect(minutesLeft(night, at(7, 0))).toBeUndefined();
  expect(minutesLeft(night, at(21, 59))).toBeUndefined();
  const noon = parseHours("12:00-13:00")!;
  expect(minutesLeft(noon, at(12, 15))).toBe(45);
  expect(minutesLeft(noon, at(11, 0))).toBeUndefined();
});
