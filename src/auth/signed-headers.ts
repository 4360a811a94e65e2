// The four headers of a signed request, parsed before anything costly happens.
import { type Address, parseAddress } from "../core/address.ts";
import { refuse } from "./errors.ts";

export interface SignedHeaders {
  readonly address: Address;
  /** The signed text, to the letter. */
  readonly timestamp: string;
  /** The same in milliseconds. */
  readonly at: number;
  readonly nonce: string;
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array;
}

/** Bytes that mean the same in every encoding, and no control characters; longer ones are no nonce but an attack on memory. */
const NONCE = /^[\x21-\x7e]{1,256}$/;
/** Unix seconds up to the year 5138; no sign, no fraction, no exponent. */
const TIMESTAMP = /^\d{1,11}$/;

export function parseCaller(headers: Headers): Address {
  const text = headers.get("x-address");
  if (!text) throw refuse("missing_address");
  const address = parseAddress(text);
  if (!address) throw refuse("invalid_address");
  return address;
}

/** Throws AuthError for what is missing or malformed, in the order of the Go node. */
export function parseSignedHeaders(headers: Headers, address: Address): SignedHeaders {
  const signatureText = headers.get("x-signature");
  if (!signatureText) throw refuse("missing_signature");
  const timestamp = headers.get("x-timestamp");
  if (!timestamp) throw refuse("missing_timestamp");
  const nonce = headers.get("x-nonce");
  if (!nonce) throw refuse("missing_nonce");
  if (!TIMESTAMP.test(timestamp)) throw refuse("invalid_timestamp");
  if (!NONCE.test(nonce)) throw refuse("invalid_nonce");
  return { address, timestamp, at: Number(timestamp) * 1000, nonce, signature: parseSignature(signatureText) };
}

function parseSignature(text: string): Uint8Array {
  const hex = text.replace(/^0x/i, "");
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) throw refuse("signature_not_hex");
  if (hex.length !== 130) throw refuse("signature_length");
  return Buffer.from(hex, "hex");
}
