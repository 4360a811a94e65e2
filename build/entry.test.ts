import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { entryFault } from "./entry.ts";
import { hostTarget } from "./targets.ts";

type Field = readonly [at: number, value: number, bytes: number];

/** A file of 2000 bytes, with code from 1000 to 1500 and data from 1500 to 1600, that begins at `entry`. */
const FILES = {
  ELF: (entry: number, end = 1500) =>
    file([
      [24, entry + 0x40_0000, 6],
      [32, 64, 6],
      [54, 56, 2],
      [56, 2, 2],
      ...load(64, 1000, end - 1000, 5),
      ...load(120, 1500, 100, 6),
    ]),
  "Mach-O": (entry: number, end = 1500) =>
    file([
      [16, 3, 4],
      ...segment(32, 1000, end - 1000, 5),
      ...segment(104, 1500, 100, 3),
      [176, 0x80000028, 4],
      [180, 24, 4],
      [184, entry, 6],
    ]),
  PE: (entry: number, end = 1500) =>
    file([
      [0x3c, 128, 4],
      [134, 2, 2],
      [148, 40, 2],
      [168, entry + 0x1000, 4],
      ...section(192, 1000, end - 1000, 0x20000000),
      ...section(232, 1500, 100, 0),
    ]),
} as const;

describe.each(["ELF", "Mach-O", "PE"] as const)("%s", (format) => {
  const make = FILES[format];
  test("an entry in code is right", () => expect(entryFault(make(1200), format)).toBeUndefined());
  test.each([0, 900, 1500, 1550, 1700])("an entry at %d, where no code is, is found", (entry) =>
    expect(entryFault(make(entry), format)).toBe("its entry is not in code"),
  );
  test("a part that ends behind the file is found", () =>
    expect(entryFault(make(1200, 2001), format)).toContain("behind the file's end"));
  test("whatever bytes: an answer, and no error", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(299), fc.nat(255))), (bytes) => {
        const other = make(1200);
        for (const [at, byte] of bytes) other[at] = byte;
        entryFault(other, format);
        entryFault(other.subarray(0, 300), format);
      }),
    );
  });
});

test("this very runtime begins in code", () =>
  expect(entryFault(readFileSync(process.execPath), hostTarget().format)).toBeUndefined());

function file(numbers: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(2000);
  for (const [at, value, size] of numbers) bytes.writeUIntLE(value, at, size);
  return bytes;
}

function load(at: number, start: number, size: number, flags: number): Field[] {
  return [
    [at, 1, 4],
    [at + 4, flags, 4],
    [at + 8, start, 6],
    [at + 16, start + 0x40_0000, 6],
    [at + 32, size, 6],
  ];
}

function segment(at: number, start: number, size: number, protection: number): Field[] {
  return [
    [at, 0x19, 4],
    [at + 4, 72, 4],
    [at + 8, 0x54, 4],
    [at + 40, start, 6],
    [at + 48, size, 6],
    [at + 60, protection, 4],
  ];
}

function section(at: number, start: number, size: number, flags: number): Field[] {
  return [
    [at + 12, start + 0x1000, 4],
    [at + 16, size, 4],
    [at + 20, start, 4],
    [at + 36, flags, 4],
  ];
}
