// The Nostr identity of a key: BIP-340 signatures, and the public key as people write it. The key cannot be got out of it.
import { randomBytes } from "node:crypto";
import { schnorr } from "@noble/curves/secp256k1.js";
import { npubEncode } from "nostr-tools/nip19";
import type { NostrIdentity } from "../core/nostr.ts";
import { assertKey, type RandomBytes } from "./private-key.ts";

/** @param pubkey 64 hex digits in lower case */
export function npubOf(pubkey: string): string {
  return npubEncode(pubkey);
}

/**
 * The key lives in this closure only, as in a Signer.
 * @param random for the auxiliary randomness of signatures
 * @throws KeyError key_invalid
 */
export function nostrFromKey(key: Uint8Array, random: RandomBytes = randomBytes): NostrIdentity {
  assertKey(key);
  const secret = Uint8Array.from(key);
  const pubkey = Buffer.from(schnorr.getPublicKey(secret)).toString("hex");
  return {
    pubkey,
    npub: npubOf(pubkey),
    sign(digest) {
      if (digest.length !== 32) throw new RangeError("a digest has 32 bytes");
      return schnorr.sign(digest, secret, random(32));
    },
  };
}
