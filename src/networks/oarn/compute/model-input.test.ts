import { describe, expect, test } from "bun:test";
import { ModelError } from "./model-error.ts";
import { numbersOf } from "./model-input.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function refusal(input: Uint8Array): string {
  try {
    return `taken: ${numbersOf(input).join()}`;
  } catch (error) {
    return error instanceof ModelError ? `${error.code}: ${error.message}` : String(error);
  }
}

describe("the numbers of an input", () => {
  test("are those of a JSON array, as float32", () => {
    expect([...numbersOf(bytes(" [1, -2.5, 1e-3,\n-0, 16777217, 1e39] "))]).toEqual([
      ...[1, -2.5, Math.fround(0.001), -0, 16777216],
      Number.POSITIVE_INFINITY,
    ]);
  });

  test("are little-endian float32 of all else that is a multiple of four, also behind an odd offset", () => {
    const data = Uint8Array.of(9, 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0);
    expect([...numbersOf(data.subarray(1))]).toEqual([1, -2.5]);
    // 20 bytes, as the parameters of batches are JSON objects.
    expect(numbersOf(bytes('{"temperature":25.0}'))).toHaveLength(5);
    for (const text of ['["one"]!', "[[1]]   ", "[1,null]", "[1e400] ", '"abcdef"']) {
      expect(new Uint8Array(numbersOf(bytes(text)).buffer)).toEqual(bytes(text));
    }
    // A byte order mark is no JSON.
    expect(numbersOf(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes("[1,2]")))).toHaveLength(2);
  });

  test("keep the bits of what is not a number", () => {
    const nan = Uint8Array.of(1, 2, 0xc0, 0xff);
    expect(new Uint8Array(numbersOf(nan).buffer)).toEqual(nan);
  });

  test("are never made up", () => {
    for (const text of ["", "abc", '{"a":1}', "[1e400]", "[1,]x."]) {
      expect(refusal(bytes(text))).toStartWith("model_declined: the input is no JSON array of numbers");
    }
    expect(refusal(bytes("[]"))).toBe("model_declined: the input is an empty array");
  });
});
