// Checks a signature as minisign makes it: Ed25519 over BLAKE2b, with a comment that is signed too.
// Source: https://jedisct1.github.io/minisign/, "Signature format" and "Public key format".
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { FxnError } from "../core/errors.ts";

export type MinisignCode =
  | "signature_malformed"
  | "signature_of_another_key"
  | "signature_wrong"
  | "public_key_malformed";

export class MinisignError extends FxnError<MinisignCode> {}

export interface MinisignKey {
  /** 8 bytes that tell keys apart; they prove nothing. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const KEY_ALGORITHM = "Ed";
/** Of the file's BLAKE2b-512. The older form, of the file itself, is not taken. */
const PREHASHED = "ED";
const [KEY_BYTES, SIGNATURE_BYTES, ID_BYTES] = [32, 64, 8];
const COMMENT = "trusted comment: ";

/** @param text the file, or its second line alone. Throws MinisignError. */
export function parseMinisignKey(text: string): MinisignKey {
  const bytes = decoded(text.trim().split(/\r?\n/).at(-1) ?? "", 2 + ID_BYTES + KEY_BYTES);
  if (bytes?.toString("latin1", 0, 2) !== KEY_ALGORITHM) {
    throw new MinisignError("public_key_malformed", 400, "that is no public key of minisign");
  }
  return { id: bytes.subarray(2, 2 + ID_BYTES), key: bytes.subarray(2 + ID_BYTES) };
}

/** @returns the trusted comment. Throws MinisignError. */
export function verifyMinisign(message: Uint8Array, signature: string, { id, key }: MinisignKey): string {
  const [, first, comment, second, ...rest] = signature.trimEnd().split(/\r?\n/);
  const signed = decoded(first ?? "", 2 + ID_BYTES + SIGNATURE_BYTES);
  const global = decoded(second ?? "", SIGNATURE_BYTES);
  if (!signed || !global || rest.length > 0 || !comment?.startsWith(COMMENT)) throw malformed();
  if (signed.toString("latin1", 0, 2) !== PREHASHED) throw malformed();
  if (!signed.subarray(2, 2 + ID_BYTES).equals(id)) {
    throw new MinisignError("signature_of_another_key", 400, "the signature was made with another key");
  }
  const bytes = signed.subarray(2 + ID_BYTES);
  const said = comment.slice(COMMENT.length);
  const right =
    holds(bytes, blake2b(message, { dkLen: 64 }), key) && holds(global, Buffer.concat([bytes, Buffer.from(said)]), key);
  if (!right) throw new MinisignError("signature_wrong", 400, "the signature is not of these bytes");
  return said;
}

/** Strict as RFC 8032 is: one signature has one form. */
function holds(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

/** undefined unless it is base64 of so many bytes, to the letter. */
function decoded(text: string, size: number): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === size && bytes.toString("base64") === text ? bytes : undefined;
}

function malformed(): MinisignError {
  return new MinisignError("signature_malformed", 400, "that is no signature as minisign makes it");
}
