import { expect, test } from "bun:test";
import { array, assert, bigInt, property } from "fast-check";
import { ETHER, formatAmount, GWEI, parseAmount } from "./amount.ts";

test.each([
  ["0.01", 10n ** 16n],
  ["1", 10n ** 18n],
  ["0.000000000000000001", 1n],
  ["123456789.000000000000000001", 123_456_789_000_000_000_000_000_001n],
  ["0", 0n],
] as const)("%s ETH", (text, wei) => {
  expect(parseAmount(text, ETHER)).toBe(wei);
  expect(formatAmount(wei, ETHER)).toBe(text);
});

test.each(["", "-1", "1.", ".5", "1e-7", "0x10", "1,5", "0.0000000000000000001", "1 ETH", "٣"])(
  "%p is none",
  (text) => {
    expect(parseAmount(text, ETHER)).toBeUndefined();
  },
);

test("what is written reads back, to the last unit", () => {
  assert(
    property(array(bigInt({ min: 0n, max: 2n ** 90n }), { maxLength: 20 }), (amounts) => {
      for (const amount of amounts) expect(parseAmount(formatAmount(amount, GWEI), GWEI)).toBe(amount);
    }),
  );
});

test("debts have a sign", () => expect(formatAmount(-15n * 10n ** 17n, ETHER)).toBe("-1.5"));
