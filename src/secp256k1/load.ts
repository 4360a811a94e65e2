// Chooses the tier of this machine: the native library, else WebAssembly, else noble; each only when its self-test holds.
import { readFileSync } from "node:fs";
import library from "../../dist/native/secp256k1.bin" with { type: "file" };
import wasm from "../../dist/native/secp256k1-wasm.bin" with { type: "file" };
import { messageOf } from "../core/errors.ts";
import { nativeTier } from "./native-tier.ts";
import { nobleTier } from "./noble-tier.ts";
import { selfTest } from "./self-test.ts";
import type { Tier } from "./tier.ts";
import { wasmTier } from "./wasm-tier.ts";

export interface LoadedTier {
  readonly tier: Tier;
  /** Why it is none of the faster ones. */
  readonly passedOver: readonly string[];
}

/** The fastest first; noble is what is left. */
const COMPILED: readonly (() => Tier)[] = [
  () => nativeTier(readFileSync(library)),
  () => wasmTier(new Uint8Array(readFileSync(wasm))),
];

export function loadTier(open: readonly (() => Tier)[] = COMPILED): LoadedTier {
  const passedOver: string[] = [];
  for (const tierOf of open) {
    try {
      const tier = tierOf();
      selfTest(tier);
      return { tier, passedOver };
    } catch (error) {
      passedOver.push(messageOf(error));
    }
  }
  return { tier: nobleTier, passedOver };
}
