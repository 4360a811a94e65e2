import { expect, test } from "bun:test";
import { clean, cleanLines } from "./clean.ts";

test("one line, short, and nothing that a terminal obeys or that nobody sees", () => {
  expect(clean("a\r\n\tb\u001b]0;t\u0007\u0085c\u2028d")).toBe("a b ]0;t c d");
  // Of those that turn the direction, and of those without a width.
  for (const mark of ["\u202e", "\u2066", "\u061c", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u{e0041}"])
    expect(clean(`a${mark}b`)).toBe("a b");
  expect(clean("é ü 漢 🙂")).toBe("é ü 漢 🙂");
  expect(clean("x".repeat(1e6))).toBe(`${"x".repeat(200)}…`);
  expect(clean(`${"x".repeat(9)}🙂`, 10)).toBe(`${"x".repeat(9)}\ufffd…`);
});

test("of many lines, the lines stay, and all of each", () => {
  const long = "x".repeat(1000);
  expect(cleanLines(`a\u001b[31mb\r\n${long}\n\u202ec\n`)).toBe(`a [31mb\n${long}\n c\n`);
});
