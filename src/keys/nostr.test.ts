// Nostr identities against BIP-340's own vectors and every way of verifying there is; and nothing shows the key.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import library from "../../dist/native/secp256k1.bin" with { type: "file" };
import wasm from "../../dist/native/secp256k1-wasm.bin" with { type: "file" };
import bip340 from "../../test/vectors/bip340.json";
import vectors from "../../test/vectors/nostr-keys.json";
import { nativeTier } from "../secp256k1/native-tier.ts";
import { nobleTier } from "../secp256k1/noble-tier.ts";
import { wasmTier } from "../secp256k1/wasm-tier.ts";
import { nostrFromKey } from "./nostr.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");
const hexOf = (value: Uint8Array) => Buffer.from(value).toString("hex");
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const { node } = vectors.keys;

describe("identity", () => {
  test("the public key in both forms, of keys with an even and an odd y", () => {
    for (const key of Object.values(vectors.keys)) {
      const { pubkey, npub } = nostrFromKey(bytes(key.privateKeyHex));
      expect([pubkey, npub]).toEqual([key.publicKeyXOnlyHex, key.npub]);
    }
  });

  test("keys out of range are refused", () => {
    const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    for (const hex of ["00".repeat(32), order, "ff".repeat(32), "11".repeat(31), "11".repeat(33), ""]) {
      expect(() => nostrFromKey(bytes(hex))).toThrow("no private key");
    }
  });

  test("it keeps its own copy of the key, and printed in any way shows none", () => {
    const key = bytes(node.privateKeyHex);
    const identity = nostrFromKey(key);
    key.fill(0);
    const digest = new Uint8Array(32).fill(7);
    expect(nobleTier.schnorr(bytes(identity.pubkey), digest, identity.sign(digest))).toBe(true);
    const shown = [
      inspect(identity, { depth: null, showHidden: true }),
      Bun.inspect(identity),
      JSON.stringify(identity),
      JSON.stringify(Object.getOwnPropertyDescriptors(identity)),
    ].join("\n");
    expect(shown).toContain(node.npub);
    expect(shown).not.toContain(node.privateKeyHex.slice(0, 8));
    expect(shown).not.toContain("nsec");
    expect(shown).not.toMatch(/34,\s*34,\s*34/);
  });
});

describe("signatures", () => {
  for (const vector of bip340.signing)
    test(`BIP-340: ${vector.name}`, () => {
      const identity = nostrFromKey(bytes(vector.privateKey), () => bytes(vector.auxiliary));
      expect(identity.pubkey).toBe(vector.publicKey);
      expect(hexOf(identity.sign(bytes(vector.message)))).toBe(vector.signature);
    });

  const tiers = [nativeTier(readFileSync(library)), wasmTier(new Uint8Array(readFileSync(wasm))), nobleTier];
  for (const { name, schnorr } of tiers)
    test(`of any key and digest hold by ${name}, and for nothing else`, () => {
      fc.assert(
        fc.property(digests, digests, fc.nat(63), (key, digest, at) => {
          fc.pre(key.some((byte) => byte > 0) && key.some((byte) => byte < 255));
          const { pubkey, sign } = nostrFromKey(key);
          const signature = sign(digest);
          expect(schnorr(bytes(pubkey), digest, signature)).toBe(true);
          signature[at] = (signature[at] ?? 0) ^ 1;
          expect(schnorr(bytes(pubkey), digest, signature)).toBe(false);
        }),
        { numRuns: 20 },
      );
    });

  test("have fresh randomness each time", () => {
    const { sign } = nostrFromKey(bytes(node.privateKeyHex));
    const digest = new Uint8Array(32);
    expect(hexOf(sign(digest))).not.toBe(hexOf(sign(digest)));
  });

  test("a digest of another length is refused", () => {
    const { sign } = nostrFromKey(bytes(node.privateKeyHex));
    for (const length of [0, 31, 33, 64]) expect(() => sign(new Uint8Array(length))).toThrow(RangeError);
  });
});
