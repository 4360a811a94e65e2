import { expect, test } from "bun:test";
import { loadTier } from "./load.ts";
import { nobleTier } from "./noble-tier.ts";
import type { Tier } from "./tier.ts";

const native = loadTier().tier;

test("this machine verifies by the native library", () => {
  expect(loadTier()).toMatchObject({ tier: { name: "native" }, passedOver: [] });
});

test("a tier that cannot be opened is passed over, and the last one left is noble", () => {
  const cannot = () => {
    throw new Error("noexec");
  };
  expect(loadTier([cannot, () => ({ ...native, name: "wasm" })])).toMatchObject({
    tier: { name: "wasm" },
    passedOver: ["noexec"],
  });
  expect(loadTier([cannot, cannot])).toEqual({ tier: nobleTier, passedOver: ["noexec", "noexec"] });
});

const { tables } = native;
if (!tables) throw new Error("the native tier has tables");
const signer = { address: "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a", publicKey: new Uint8Array(64) };
/** Each errs in one way. */
const ERRING: Record<string, Partial<Record<keyof Tier, unknown>>> = {
  "recovers nobody": { recover: () => undefined },
  "recovers the same one always": { recover: () => signer },
  "takes every BIP-340 signature": { schnorr: () => true },
  "takes no BIP-340 signature": { schnorr: () => false },
  "takes every signature of a known key": { tables: { ...tables, signed: () => true } },
  "takes no signature of a known key": { tables: { ...tables, signed: () => false } },
};
for (const [what, change] of Object.entries(ERRING))
  test(`self-test: a tier that ${what} is not used`, () => {
    const { tier, passedOver } = loadTier([() => Object.assign({ ...native }, change)]);
    expect(tier).toBe(nobleTier);
    expect(passedOver).toEqual([expect.stringContaining("self-test")]);
  });
