// Prompts and answers as they lie on IPFS: AES-256-GCM, iv ‖ tag ‖ ciphertext; and the key as the two numbers that CoFHE keeps.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { BlindferenceError } from "./errors.ts";

const IV = 12;
const TAG = 16;
const HALF = 16;
const HALF_LIMIT = 2n ** 128n;
const KEY = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface KeyHalves {
  /** Bytes 0 to 15, big-endian. */
  readonly high: bigint;
  readonly low: bigint;
}

export function newKey(): Uint8Array {
  return randomBytes(KEY);
}

/** @param iv given only where the bytes must be known */
export function sealText(key: Uint8Array, text: string, iv: Uint8Array = randomBytes(IV)): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Errors say nothing of the content. @throws BlindferenceError blindference_blob */
export function openText(key: Uint8Array, blob: Uint8Array): string {
  const refuse = (why: string) => new BlindferenceError("blindference_blob", `the encrypted text ${why}`);
  if (blob.length < IV + TAG) throw refuse(`has ${blob.length} bytes, fewer than its head alone`);
  const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(0, IV), { authTagLength: TAG });
  decipher.setAuthTag(blob.subarray(IV, IV + TAG));
  let bytes: Buffer;
  try {
    bytes = Buffer.concat([decipher.update(blob.subarray(IV + TAG)), decipher.final()]);
  } catch {
    throw refuse("does not open with its key");
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuse("is not valid UTF-8");
  }
}

export function splitKey(key: Uint8Array): KeyHalves {
  return { high: numberOf(key.subarray(0, HALF)), low: numberOf(key.subarray(HALF)) };
}

/** @throws BlindferenceError for a half of more than 128 bits */
export function joinKey({ high, low }: KeyHalves): Uint8Array {
  if (high >= HALF_LIMIT || low >= HALF_LIMIT || high < 0n || low < 0n) {
    throw new BlindferenceError("blindference_blob", "half of the key has more than 128 bits");
  }
  return Buffer.concat([bytesOf(high), bytesOf(low)]);
}

/** Big-endian; none is 0. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(half: bigint): Buffer {
  return Buffer.from(half.toString(16).padStart(2 * HALF, "0"), "hex");
}
