import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseExact, writeExact } from "./exact-json.ts";

const canonical = (text: string) => writeExact(parseExact(text, { maxLength: 1_000_000 }));

describe("exact JSON", () => {
  test.each([
    ["25.0", "25.0"],
    ["25", "25"],
    ["25.00", "25.0"],
    ["2.5e1", "25.0"],
    ["0.1", "0.1"],
    ["-2.5", "-2.5"],
    ["-0", "-0.0"],
    ["0", "0"],
    ["0.0", "0.0"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e16"],
    ["123456789012345680.0", "1.2345678901234568e17"],
    ["0.00001", "0.00001"],
    ["0.000001", "1e-6"],
    ["1.5e-7", "1.5e-7"],
    ["18446744073709551615", "18446744073709551615"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["18446744073709551616", "1.8446744073709552e19"],
    ["9007199254740993", "9007199254740993"],
    ['{ "b" : [ 1 , 2.0 ] , "a" : null }', '{"a":null,"b":[1,2.0]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    // By bytes of UTF-8: U+FF5E before U+1F600, which UTF-16 has the other way round.
    ['{"\\ud83d\\ude00":1,"\\uff5e":2}', '{"～":2,"😀":1}'],
    ['"\\u0041\\/\\u001f\\u007f\\n\\"é"', '"A/\\u001f\u007f\\n\\"é"'],
    ['{"__proto__":{"x":1.0}}', '{"__proto__":{"x":1.0}}'],
  ])("%s is written %s", (text, written) => {
    expect(canonical(text)).toBe(written);
  });

  test.each([
    "",
    "{",
    "[1,]",
    '{"a"}',
    "01",
    "1.",
    ".5",
    "+1",
    "nul",
    "1e999",
    '"\n"',
    '"\\ud800"',
    "[1] 2",
    "'a'",
    "NaN",
  ])("%s is refused", (text) => {
    expect(() => canonical(text)).toThrow("not JSON");
  });

  test("depth and size are bounded, and a bomb costs nothing", () => {
    expect(() => canonical("[".repeat(500_000))).toThrow("too deep");
    expect(canonical(`${"[".repeat(127)}${"]".repeat(127)}`)).toHaveLength(254);
    expect(() => parseExact(" ".repeat(11), { maxLength: 10 })).toThrow("more than 10");
    expect(parseExact(`["${"x".repeat(5_000_000)}"]`, { maxLength: 6_000_000 })).toHaveLength(1);
    expect(() => canonical("1".repeat(500_000))).toThrow("not JSON");
  });

  test("it reads what JSON.parse reads, and what it writes means the same", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(JSON.parse(canonical(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
