// Who signed: public key recovery over secp256k1, with noble.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Address } from "../core/address.ts";
import { addressOf } from "../lib/ethereum.ts";
import { refuse } from "./errors.ts";

/**
 * The address whose key made this signature over this digest.
 * @param signature r ‖ s ‖ v, 65 bytes, v 27/28 or 0/1
 * @throws AuthError invalid_signature: v, r or s out of range, no such point, or s in the upper half of the order; every
 *         signature has such a malleated twin, so accepting both would give one request two spellings
 */
export function recoverSigner(digest: Uint8Array, signature: Uint8Array): Address {
  const v = signature[64] ?? 255;
  const recovery = v >= 27 ? v - 27 : v;
  if (recovery !== 0 && recovery !== 1) throw refuse("invalid_signature");
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), "compact").addRecoveryBit(recovery);
    if (parsed.hasHighS()) throw refuse("invalid_signature");
    return addressOf(parsed.recoverPublicKey(digest).toBytes(false));
  } catch (cause) {
    throw refuse("invalid_signature", { cause });
  }
}
