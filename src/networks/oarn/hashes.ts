// The three hashes of OARN: of a CID's text (models and inputs), of a result's bytes, of a batch of results.
import { keccak256, sha256, stringToBytes } from "viem/utils";
import type { Hex } from "../../core/address.ts";

export const NO_HASH: Hex = `0x${"00".repeat(32)}`;

/** SHA-256 over the ASCII text as it is written: another spelling of the same CID is another hash. */
export function cidHash(cid: string): Hex {
  return sha256(stringToBytes(cid));
}

/** Ethereum's Keccak-256, not SHA3-256. */
export function resultHash(bytes: Uint8Array): Hex {
  return keccak256(bytes);
}

/** @param hashes "0x…" of 66 characters each, in ascending order of their inputs' ids: it is their text that is hashed */
export function aggregatedHash(hashes: readonly Hex[]): Hex {
  return keccak256(stringToBytes(hashes.join("")));
}
