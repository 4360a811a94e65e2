import { expect, test } from "bun:test";
import { amount, memory, number, seconds, short, span } from "./words.ts";

test("numbers have the digits that matter", () => {
  expect([0, 0.4249, 3.1472, 57.25, 364.4, 9999, 12_345, 7_200_000, null].map(number)).toEqual([
    "0",
    "0.42",
    "3.15",
    "57.3",
    "364",
    "9999",
    "12.3k",
    "7.2M",
    "–",
  ]);
});

test("times, memory and addresses are short", () => {
  expect([0.2344, 2.5, null].map(seconds)).toEqual(["234 ms", "2.5 s", "–"]);
  expect([0, 59, 3600, 7265, 93_784].map(span)).toEqual(["0 s", "59 s", "1 h", "2 h 1 min", "1 d 2 h"]);
  expect([512, 24_564, undefined].map(memory)).toEqual(["512 MiB", "24 GiB", "–"]);
  expect(short("0x4b0897b0513fdC7C541B6d9D7E929C4e5364D2dB")).toBe("0x4b0897…D2dB");
});

test("amounts are exact: none goes through a float", () => {
  expect(amount("123456789012345678901", "COMP")).toBe("123.456789012345678901 COMP");
  expect(amount("-1", "ETH")).toBe("-0.000000000000000001 ETH");
  expect(amount("1e18", "ETH")).toBe("– ETH");
});
