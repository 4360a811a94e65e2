// Ethereum's way from a public key to an address, from a message to the digest that is signed, and from both to the signer.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type Address, parseAddress } from "../core/address.ts";

/** @param publicKey uncompressed, 65 bytes */
export function addressOf(publicKey: Uint8Array): Address {
  const address = parseAddress(`0x${Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString("hex")}`);
  if (!address) throw new RangeError("20 bytes make an address");
  return address;
}

/** EIP-55: the case of each letter is a checksum. */
export function checksumAddress(address: Address): string {
  const digits = address.slice(2);
  const hash = Buffer.from(keccak_256(Buffer.from(digits))).toString("hex");
  const cased = [...digits].map((digit, at) =>
    Number.parseInt(hash.charAt(at), 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}

/** keccak256("\x19Ethereum Signed Message:\n" ‖ byte length ‖ message), EIP-191 version 0x45. Text counts as UTF-8. */
export function personalDigest(message: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(message);
  return keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes]));
}

/**
 * The public key (uncompressed, 65 bytes) whose private key made this signature over this digest; undefined for v, r or
 * s out of range, no such point, or s in the upper half of the order: every signature has such a malleated twin, and
 * accepting both would give one message two spellings.
 * @param signature r ‖ s ‖ v, 65 bytes, v 27/28 or 0/1
 */
export function recoverPublicKey(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const v = signature[64] ?? 255;
  const recovery = v >= 27 ? v - 27 : v;
  if (recovery !== 0 && recovery !== 1) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact").addRecoveryBit(recovery);
    return parsed.hasHighS() ? undefined : parsed.recoverPublicKey(digest).toBytes(false);
  } catch {
    return undefined;
  }
}

/** The address of that key. */
export function recoverAddress(digest: Uint8Array, signature: Uint8Array): Address | undefined {
  const publicKey = recoverPublicKey(digest, signature);
  return publicKey && addressOf(publicKey);
}
