import { expect, test } from "bun:test";
import { celsius, difference, figure, pciAddress, percent, watts, word } from "./values.ts";

test.each([
  ["31.25", 31.25],
  [" 0 ", 0],
  ["81,559", 81559],
  ["1,048,576", 1_048_576],
  ["31,25", 31.25],
  ["155.0W", 155],
  ["61.5c", 61.5],
  ["44 %", 44],
  ["40192 MiB", 40192],
  [7, 7],
])("%p is a number", (text, value) => expect(figure(text)).toBe(value));

test.each([
  "",
  "[N/A]",
  "N/A",
  "[Not Supported]",
  "ERR!",
  "-1",
  "-",
  "1e9",
  "0x10",
  "NaN",
  "Infinity",
  "1.2.3",
  "5 apples",
  null,
  undefined,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  [[1]],
  { value: 1 },
])("%p is none", (text) => expect(figure(text)).toBeUndefined());

test("a sensor's way to say nothing is no figure", () => {
  expect([percent("65535"), celsius("511"), watts("4294967")]).toEqual([undefined, undefined, undefined]);
  expect([celsius("0"), watts("0.0")]).toEqual([undefined, undefined]);
  expect([percent("100"), celsius("90"), watts("0.4")]).toEqual([100, 90, 0.4]);
});

test("what does not fit into a whole leaves no rest", () => {
  expect([difference(8, 3), difference(8, 9), difference(undefined, 3), difference(8, undefined)]).toEqual([
    5,
    undefined,
    undefined,
    undefined,
  ]);
});

test("addresses in the kernel's form", () => {
  expect(
    ["00000000:3B:00.0", "0000:C4:00.0", "65:00.0", "0000000F:01:00.0", "00010000:01:00.0"].map(pciAddress),
  ).toEqual(["0000:3b:00.0", "0000:c4:00.0", "0000:65:00.0", "000f:01:00.0", "10000:01:00.0"]);
  expect(["[N/A]", "", "0000:3B", undefined].map(pciAddress)).toEqual([undefined, undefined, undefined, undefined]);
});

test("names that say nothing are absent, and none can write to a terminal", () => {
  expect(["N/A", "[Unknown Error]", " ", "0x744c", "unknown", null].map(word)).toEqual(Array(6).fill(undefined));
  expect(word(" Radeon\u001b[31m RX\u0000 ")).toBe("Radeon[31m RX");
  expect(word("x".repeat(1000))).toHaveLength(128);
});
