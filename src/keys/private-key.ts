// Raw secp256k1 keys: made, and checked for range.
import { randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { KeyError } from "./errors.ts";

/** Cryptographically secure bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** 32 bytes, uniform over the valid keys. */
export function newKey(random: RandomBytes = randomBytes): Uint8Array {
  for (;;) {
    const key = random(32);
    if (secp256k1.utils.isValidSecretKey(key)) return key;
  }
}

/** Throws `key_invalid` for what is not 32 bytes, is zero, or is not below the order of the curve. */
export function assertKey(key: Uint8Array): void {
  if (secp256k1.utils.isValidSecretKey(key)) return;
  throw new KeyError(
    "key_invalid",
    "This is no private key of secp256k1: it has the wrong length, is zero, or is too large",
    "Check that the right file was given.",
  );
}
