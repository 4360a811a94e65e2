// Amounts of an asset as people write them: exact, and no longer than they need to be.

/** 1500000000000000000n is "1.5". @param amount in the smallest unit */
export function decimal(amount: bigint, decimals = 18): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${rest === "" ? "" : `.${rest}`}`;
}
