// Ethereum's way from a public key to an address, and from a message to the digest that is signed.
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
