// Signatures in bulk, good ones and mutated ones, that all tiers must answer alike, by recovery and by a known key.
import { nobleTier } from "../../src/secp256k1/noble-tier.ts";
import type { Tier } from "../../src/secp256k1/tier.ts";
import { keyOf, sign, signatureOf, signerOf, tableOf } from "../fakes/signing.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEYS = 16;
const NONCES = 64;

export interface CampaignResult {
  readonly good: number;
  readonly mutated: number;
  /** Of both, how many were accepted: all good ones and next to none of the others. */
  readonly accepted: { readonly good: number; readonly mutated: number };
  readonly asNoble: number;
  /** The first few, with all that is needed to look into them. */
  readonly disagreements: readonly string[];
}

/** @param nobleEvery noble, which is slow, is asked about one in so many */
export function campaign(compiled: readonly Tier[], seed: number, count: number, nobleEvery: number): CampaignResult {
  const random = randomFrom(seed);
  const keys = Array.from({ length: KEYS }, () => keyOf(random.scalar()));
  const signers = keys.map(signerOf);
  const nonces = Array.from({ length: NONCES }, () => keyOf(random.scalar()));
  const tables = compiled.map((tier) => signers.map(({ publicKey }) => tableOf(tier, publicKey)));
  const disagreements: string[] = [];
  const accepted = { good: 0, mutated: 0 };
  let asNoble = 0;

  /** Whether it is this key's. */
  const ask = (message: string, signature: Uint8Array, key: number, withNoble: boolean): boolean => {
    const expected = (withNoble ? nobleTier : compiled[0])?.recover(message, signature);
    if (withNoble) asNoble++;
    const mine = expected?.address === signers[key]?.address;
    const agrees = compiled.every((tier, at) => {
      const signer = tier.recover(message, signature);
      const known = tier.tables?.signed(tables[at]?.[key] ?? -1, message, signature);
      const same = Buffer.from(signer?.publicKey ?? []).equals(expected?.publicKey ?? Buffer.alloc(0));
      return same && signer?.address === expected?.address && known === mine;
    });
    if (!agrees && disagreements.length < 5)
      disagreements.push(`${message} ${Buffer.from(signature).toString("hex")}, key ${key} of seed ${seed}`);
    return mine;
  };

  for (let i = 0; i < count; i++) {
    const key = random.below(KEYS);
    const [owner, nonce] = [keys[key], nonces[random.below(NONCES)]];
    if (!owner || !nonce) throw new RangeError("no key");
    const message = `${random.scalar().toString(16)}.${1_750_000_000 + i}.${"n".repeat(random.below(200))}`;
    const signature = sign(message, owner, nonce);
    const withNoble = i % nobleEvery === 0;
    if (ask(message, signature, key, withNoble)) accepted.good++;
    const mutated = mutate(message, signature, random);
    if (ask(mutated.message, mutated.signature, key, withNoble)) accepted.mutated++;
  }
  return { good: count, mutated: count, accepted, asNoble, disagreements };
}

function mutate(message: string, signature: Uint8Array, random: Random): { message: string; signature: Uint8Array } {
  const changed = Uint8Array.from(signature);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32, 64)].map((half) =>
    BigInt(`0x${Buffer.from(half).toString("hex")}`),
  );
  const v = signature[64] ?? 0;
  switch (random.below(8)) {
    case 0:
      return { message: `${message}${random.below(10)}`, signature };
    case 1:
      return { message, signature: signatureOf(r ?? 0n, ORDER - (s ?? 0n), v ^ 1) };
    case 2:
      return { message, signature: signatureOf(s ?? 0n, r ?? 0n, v) };
    case 3:
      return { message, signature: signatureOf(random.scalar(), random.scalar() >> 1n, v) };
    case 4:
      changed[64] = random.below(256);
      break;
    case 5:
      // All zeros or all ones from some byte on.
      changed.fill(random.below(2) * 255, random.below(64), 64);
      break;
    default: {
      const at = random.below(64);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
  }
  return { message, signature: changed };
}

interface Random {
  below(limit: number): number;
  /** In [1, n − 1]. */
  scalar(): bigint;
}

/** Repeatable: mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed;
  const word = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    below: (limit) => word() % limit,
    scalar() {
      let value = 0n;
      for (let i = 0; i < 8; i++) value = (value << 32n) | BigInt(word());
      return (value % (ORDER - 1n)) + 1n;
    },
  };
}
