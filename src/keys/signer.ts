// What a private key can do for the rest of the program. There is no way to get the key out of a Signer.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Address } from "../core/address.ts";
import { addressOf, checksumAddress, personalDigest } from "../lib/ethereum.ts";
import { assertKey } from "./private-key.ts";

export interface Signer {
  readonly address: Address;
  /** The address in EIP-55 case. */
  readonly checksumAddress: string;
  /** Uncompressed, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** EIP-191 signature of a message: r ‖ s ‖ v with v = 27 or 28; 130 hex digits without 0x. */
  signPersonal(message: string | Uint8Array): string;
  /** Signature of a 32-byte digest as it is: r ‖ s ‖ v with v = 0 or 1; 65 bytes. */
  signDigest(digest: Uint8Array): Uint8Array;
  /** x-only public key (BIP-340, as Nostr uses it); 64 hex digits. */
  nostrPubkey(): string;
}

// A table of the generator that is made in a third of the time, and signs as fast: a node signs little.
secp256k1.Point.BASE.precompute(4, true);

/** The key lives in this closure only, so that neither a logger nor JSON nor an inspector can reach it. Throws `key_invalid`. */
export function signerFromKey(key: Uint8Array): Signer {
  assertKey(key);
  const secret = Uint8Array.from(key);
  const publicKey = secp256k1.getPublicKey(secret, false);
  const address = addressOf(publicKey);

  /** RFC 6979 nonces and low s, both noble's default and said here because the wire depends on them. */
  function sign(digest: Uint8Array, vBase: 0 | 27): Uint8Array {
    if (digest.length !== 32) throw new RangeError("a digest has 32 bytes");
    const [recovery = 0, ...rs] = secp256k1.sign(digest, secret, {
      prehash: false,
      lowS: true,
      extraEntropy: false,
      format: "recovered",
    });
    return Uint8Array.of(...rs, vBase + recovery);
  }

  return {
    address,
    checksumAddress: checksumAddress(address),
    publicKey,
    signPersonal: (message) => Buffer.from(sign(personalDigest(message), 27)).toString("hex"),
    signDigest: (digest) => sign(digest, 0),
    nostrPubkey: () => Buffer.from(publicKey.subarray(1, 33)).toString("hex"),
  };
}
