// All tiers answer alike for 100,000 signatures and as many mutated ones, noble for one in ten of them; then for as long as
// FXN_SOAK_SECONDS says, noble for all.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import library from "../../dist/native/secp256k1.bin" with { type: "file" };
import wasm from "../../dist/native/secp256k1-wasm.bin" with { type: "file" };
import { nativeTier } from "../../src/secp256k1/native-tier.ts";
import { wasmTier } from "../../src/secp256k1/wasm-tier.ts";
import { campaign } from "../conformance/signature-campaign.ts";

const SECONDS = Number(process.env.FXN_SOAK_SECONDS ?? 20);
const compiled = [nativeTier(readFileSync(library)), wasmTier(new Uint8Array(readFileSync(wasm)))];
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

test("100,000 signatures and 100,000 mutated ones", () => {
  const { disagreements, accepted, asNoble } = campaign(compiled, anySeed(), 100_000, 10);
  expect({ disagreements, good: accepted.good, asNoble }).toEqual({
    disagreements: [],
    good: 100_000,
    asNoble: 20_000,
  });
  // What a mutation left as it was: the other spelling of v, bytes that were zeros or ones before.
  expect(accepted.mutated).toBeLessThan(1000);
});

test(`${SECONDS} s of them, noble asked about each`, () => {
  const end = performance.now() + SECONDS * 1000;
  let rounds = 0;
  for (; performance.now() < end; rounds++) {
    const { disagreements, accepted } = campaign(compiled, anySeed(), 200, 1);
    expect({ disagreements, good: accepted.good }).toEqual({ disagreements: [], good: 200 });
  }
  expect(rounds).toBeGreaterThan(0);
});
