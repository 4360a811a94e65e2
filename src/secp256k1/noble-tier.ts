// Verification by noble, in JavaScript: the reference that the others are held to, and what is left where they cannot run.
import { schnorr } from "@noble/curves/secp256k1.js";
import { addressOf, personalDigest, recoverPublicKey } from "../lib/ethereum.ts";
import { SIGNATURE_BYTES, type Tier } from "./tier.ts";

export const nobleTier: Tier = {
  name: "noble",
  tables: undefined,

  recover(message, signature) {
    const key = signature.length === SIGNATURE_BYTES ? recoverPublicKey(personalDigest(message), signature) : undefined;
    return key && { address: addressOf(key), publicKey: key.subarray(1) };
  },

  schnorr(publicKey, message, signature) {
    try {
      return schnorr.verify(signature, message, publicKey);
    } catch {
      return false;
    }
  },
};
