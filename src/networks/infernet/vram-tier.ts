// How much memory a card has, as coarsely as the network's scheduler wants to know it.

export type VramTier = "unknown" | "<8gb" | "8-16gb" | "16-24gb" | "24-48gb" | ">=48gb";

/** From MiB, below: a card that reports less than its nominal size counts as what it reports. */
const TIERS: readonly (readonly [number, VramTier])[] = [
  [8192, "<8gb"],
  [16_384, "8-16gb"],
  [24_576, "16-24gb"],
  [49_152, "24-48gb"],
];

/** @param mib as the vendor's tool says it; undefined: it does not */
export function vramTier(mib: number | undefined): VramTier {
  if (mib === undefined || !Number.isFinite(mib) || mib <= 0) return "unknown";
  return TIERS.find(([below]) => mib < below)?.[1] ?? ">=48gb";
}
