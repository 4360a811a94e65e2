import { expect, test } from "bun:test";
import { decimal } from "./amount.ts";

test("amounts are exact, without zeros that say nothing", () => {
  expect(decimal(0n)).toBe("0");
  expect(decimal(1n)).toBe("0.000000000000000001");
  expect(decimal(1_500_000_000_000_000_000n)).toBe("1.5");
  expect(decimal(10n ** 21n)).toBe("1000");
  expect(decimal(123_456_789_012_345_678_901_234_567_890n)).toBe("123456789012.34567890123456789");
  expect(decimal(-20_000_000_000_000_000n)).toBe("-0.02");
  expect(decimal(1_250_000n, 6)).toBe("1.25");
});
