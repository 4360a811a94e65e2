// What every tier of verification must answer: one suite that all run.
import { describe, expect, test } from "bun:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { addressOf, personalDigest } from "../../src/lib/ethereum.ts";
import { nobleTier } from "../../src/secp256k1/noble-tier.ts";
import { LONGEST_MESSAGE, type Signatory, type Tier } from "../../src/secp256k1/tier.ts";
import { digestOf, keyOf, sign, signatureOf, signerOf, tableOf } from "../fakes/signing.ts";
import bip340 from "../vectors/bip340.json";

const { Point } = secp256k1;
const { Fn, Fp } = Point;
const N = Fn.ORDER;
/** λ·(x, y) = (β·x, y): what the compiled tiers split their factors by. */
const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

/** Keys whose multiples meet those of the generator. */
const HOSTILE_KEYS = [1n, 2n, 3n, 127n, 128n, 129n, 1n << 8n, 1n << 11n, 1n << 128n, (N + 1n) / 2n, LAMBDA].flatMap(
  (key) => [key, N - key],
);

/** Both ways of a tier, as one answer: who signed, and whether the key of that table did. */
function answer(tier: Tier, message: string, signature: Uint8Array, key: Signatory, table?: number) {
  const signer = tier.recover(message, signature);
  const signed = tier.tables?.signed(table ?? tableOf(tier, key.publicKey), message, signature);
  return { address: signer?.address, known: signed ?? signer?.address === key.address };
}

/** A point whose x is above n: the one kind for which v 2 and 3 are there. */
function pointAboveOrder() {
  for (let x = N + 1n; ; x++) {
    try {
      return Point.fromHex(`02${x.toString(16)}`);
    } catch {
      // That x is not on the curve: one in two is.
    }
  }
}

/** A key by which this point is the one of this signature. */
function keyFor(point: InstanceType<typeof Point>, r: bigint, s: bigint, message: string) {
  const z = Point.BASE.multiply(Fn.create(digestOf(message)));
  return point.multiply(s).subtract(z).multiply(Fn.inv(r));
}

export function tierConformance(name: string, open: () => Tier): void {
  const tier = open();
  const message = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.1750000000.7b5f3c2e1d0a";
  const key = keyOf(0x1234567n);
  const signer = signerOf(key);
  const good = sign(message, key, keyOf(0x89abcdefn));
  const r = BigInt(`0x${Buffer.from(good.subarray(0, 32)).toString("hex")}`);
  const s = BigInt(`0x${Buffer.from(good.subarray(32, 64)).toString("hex")}`);
  const v = good[64] ?? 0;
  const refused = { address: undefined, known: false };

  describe(`signatures by ${name}`, () => {
    test("a good one, with v in both spellings", () => {
      for (const spelling of [v, v + 27])
        expect(answer(tier, message, signatureOf(r, s, spelling), signer)).toEqual({
          address: signer.address,
          known: true,
        });
      expect(Buffer.from(tier.recover(message, good)?.publicKey ?? []).equals(signer.publicKey)).toBe(true);
    });

    const REFUSED: Record<string, Uint8Array> = {
      "r is zero": signatureOf(0n, s, v),
      "s is zero": signatureOf(r, 0n, v),
      "both are zero": signatureOf(0n, 0n, v),
      "r is n": signatureOf(N, s, v),
      "s is n": signatureOf(r, N, v),
      "s is n + 1": signatureOf(r, N + 1n, v),
      "r is p": signatureOf(Fp.ORDER, s, v),
      "r is above p": signatureOf(Fp.ORDER + 1n, s, v),
      "both are all ones": signatureOf(2n ** 256n - 1n, 2n ** 256n - 1n, v),
      "malleated: s in the upper half, v flipped": signatureOf(r, N - s, v ^ 1),
      "s in the upper half": signatureOf(r, N - s, v),
      "s is the first of the upper half": signatureOf(r, N / 2n + 1n, v),
      "r is no x of the curve": signatureOf(5n, s, v),
      "too short": good.subarray(0, 64),
      "too long": Buffer.concat([good, Uint8Array.of(0)]),
      empty: new Uint8Array(0),
    };
    for (const [what, signature] of Object.entries(REFUSED))
      test(`refused: ${what}`, () => expect(answer(tier, message, signature, signer)).toEqual(refused));

    test("refused: every v but 0, 1, 27 and 28; the other parity is another key's", () => {
      const table = tier.tables && tableOf(tier, signer.publicKey);
      for (let other = 0; other < 256; other++) {
        const given = answer(tier, message, signatureOf(r, s, other), signer, table);
        if (![0, 1, 27, 28].includes(other)) expect([other, given]).toEqual([other, refused]);
        else expect(given.known).toBe((other >= 27 ? other - 27 : other) === v);
      }
    });

    test("the last s of the lower half is taken", () => {
      const half = signatureOf(r, N / 2n, v);
      expect(answer(tier, message, half, signer).address).toBe(nobleTier.recover(message, half)?.address);
    });

    test("refused: a key at infinity", () => {
      const nonce = keyOf(77n);
      const { x, y } = nonce.point.toAffine();
      const cancels = Fn.mul(digestOf(message), Fn.inv(nonce.secret));
      const high = cancels > N / 2n;
      const signature = signatureOf(x, high ? N - cancels : cancels, Number(y & 1n) ^ Number(high));
      expect(answer(tier, message, signature, signer)).toEqual(refused);
    });

    test("refused: r as plain ECDSA takes it, when the point's x is r + n", () => {
      const point = pointAboveOrder();
      const small = point.toAffine().x - N;
      const owner = keyFor(point, small, s, message).toBytes(false);
      expect(
        secp256k1.verify(signatureOf(small, s, 0).subarray(0, 64), personalDigest(message), owner, { prehash: false }),
      ).toBe(true);
      const whose = { address: addressOf(owner), publicKey: owner.subarray(1) };
      for (const given of [0, 1, 2, 3, 27, 28, 29, 30]) {
        const { address, known } = answer(tier, message, signatureOf(small, s, given), whose);
        expect({ given, known, owner: address === whose.address }).toEqual({ given, known: false, owner: false });
      }
    });

    test("keys and nonces whose multiples meet the generator's", () => {
      for (const secret of HOSTILE_KEYS) {
        const hostile = keyOf(secret);
        const whose = signerOf(hostile);
        const table = tier.tables && tableOf(tier, whose.publicKey);
        for (const nonce of [1n, N - 1n, 2n, secret, N - secret, LAMBDA, 0x55555n]) {
          const signature = sign(message, hostile, keyOf(nonce));
          expect(answer(tier, message, signature, whose, table)).toEqual({ address: whose.address, known: true });
          expect(answer(tier, `${message}!`, signature, whose, table).known).toBe(false);
        }
      }
    });

    test("messages of every length about the hash's blocks, in any script, up to the longest", () => {
      const texts = [..."ÿ→🦊\ud800"].map((letter) => letter.repeat(11));
      for (let length = 0; length <= 300; length += length > 120 && length < 150 ? 1 : 13)
        texts.push("x".repeat(length));
      texts.push("→".repeat(LONGEST_MESSAGE));
      const table = tier.tables && tableOf(tier, signer.publicKey);
      for (const text of texts)
        expect(answer(tier, text, sign(text, key, keyOf(5n)), signer, table)).toEqual({
          address: signer.address,
          known: true,
        });
    });

    test("mutation: no change of one byte of signature or message leaves the signer", () => {
      const table = tier.tables && tableOf(tier, signer.publicKey);
      fc.assert(
        fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (index, mask) => {
          const changed = Uint8Array.from(good);
          changed[index] = (changed[index] ?? 0) ^ mask;
          const { address, known } = answer(tier, message, changed, signer, table);
          expect([address === signer.address, known]).toEqual([false, false]);
          const other =
            message.slice(0, index) +
            String.fromCharCode(message.charCodeAt(index) ^ (mask & 127 || 1)) +
            message.slice(index + 1);
          expect(answer(tier, other, good, signer, table).known).toBe(false);
        }),
        { numRuns: tier.name === "noble" ? 20 : 500 },
      );
    });

    for (const vector of bip340.vectors)
      test(`BIP-340: ${vector.name}`, () => {
        const [publicKey, text, signature] = [vector.publicKey, vector.message, vector.signature].map((hex) =>
          Buffer.from(hex, "hex"),
        );
        expect(tier.schnorr(publicKey!, text!, signature!)).toBe(vector.valid);
      });

    test("BIP-340: other lengths are refused", () => {
      const [publicKey, text, signature] = [32, 32, 64].map((length) => new Uint8Array(length));
      expect(tier.schnorr(new Uint8Array(31), text!, signature!)).toBe(false);
      expect(tier.schnorr(publicKey!, text!, new Uint8Array(63))).toBe(false);
      expect(tier.schnorr(publicKey!, text!, new Uint8Array(65))).toBe(false);
    });
  });
}
