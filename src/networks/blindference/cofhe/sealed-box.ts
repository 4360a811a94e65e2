// What the threshold network seals: a NaCl box, opened with the permit's private key.
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { BlindferenceError } from "../errors.ts";

export interface SealedBox {
  readonly data: Uint8Array;
  /** Of the sealer. */
  readonly publicKey: Uint8Array;
  readonly nonce: Uint8Array;
}

/** "expand 32-byte k" as Salsa20 reads it. */
const SIGMA = words(Buffer.from("expand 32-byte k"));

/** @throws BlindferenceError blindference_cofhe */
export function openBox({ data, publicKey, nonce }: SealedBox, privateKey: Uint8Array): Uint8Array {
  try {
    return xsalsa20poly1305(boxKey(publicKey, privateKey), nonce).decrypt(data);
  } catch {
    throw new BlindferenceError("blindference_cofhe", "what CoFHE sealed does not open with the permit's key");
  }
}

/** NaCl's crypto_box_beforenm. */
export function boxKey(publicKey: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const key = new Uint32Array(8);
  hsalsa(SIGMA, words(x25519.getSharedSecret(privateKey, publicKey)), new Uint32Array(4), key);
  const bytes = Buffer.alloc(32);
  key.forEach((word, at) => {
    bytes.writeUInt32LE(word, at * 4);
  });
  return bytes;
}

function words(bytes: Uint8Array): Uint32Array {
  const view = Buffer.from(bytes);
  return Uint32Array.from({ length: view.length / 4 }, (_, at) => view.readUInt32LE(at * 4));
}
