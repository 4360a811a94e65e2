// A short form of test/soak/signatures.test.ts.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import library from "../../dist/native/secp256k1.bin" with { type: "file" };
import wasm from "../../dist/native/secp256k1-wasm.bin" with { type: "file" };
import { campaign } from "../../test/conformance/signature-campaign.ts";
import { nativeTier } from "./native-tier.ts";
import { wasmTier } from "./wasm-tier.ts";

const compiled = [nativeTier(readFileSync(library)), wasmTier(new Uint8Array(readFileSync(wasm)))];

test("1,000 signatures and 1,000 mutated ones: all tiers agree, noble on one in ten", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const { disagreements, accepted, asNoble } = campaign(compiled, seed, 1000, 10);
  expect({ disagreements, good: accepted.good, asNoble }).toEqual({ disagreements: [], good: 1000, asNoble: 200 });
  expect(accepted.mutated).toBeLessThan(50);
}, 30_000);

test("a campaign finds a tier that is lax about v", () => {
  const [native, ...others] = compiled;
  if (!native) throw new Error("no native tier");
  const lax = {
    ...native,
    recover(message: string, signature: Uint8Array) {
      const low = Uint8Array.from(signature);
      low[64] = (low[64] ?? 0) & 1;
      return native.recover(message, low);
    },
  };
  expect(campaign([lax, ...others], 7, 200, 1).disagreements.length).toBeGreaterThan(0);
}, 30_000);
