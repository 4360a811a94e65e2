// Amounts of coins as people write them, and as whole smallest units: never a float, which would lose some.

/** Decimals of ETH, and of every token that networks pay. */
export const ETHER = 18;
export const GWEI = 9;

/** Undefined for what is no amount, and for more decimals than there are. */
export function parseAmount(text: string, decimals: number): bigint | undefined {
  const match = /^(\d{1,30})(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > decimals) return undefined;
  return BigInt(`${match[1]}${fraction.padEnd(decimals, "0")}`);
}

/** The shortest text that reads back as the same amount. */
export function formatAmount(amount: bigint, decimals: number): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -decimals)}${fraction && `.${fraction}`}`;
}
