// What verifies signatures: three ways that give the same answers, the native library, WebAssembly and noble. Only public
// data ever comes here; signing stays with noble, in src/keys.
import type { Address } from "../core/address.ts";

export interface Signatory {
  readonly address: Address;
  /** x ‖ y, 64 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Tier {
  readonly name: "native" | "wasm" | "noble";
  /**
   * Who signed this text (EIP-191): undefined unless r and s are in [1, n − 1], s is in the lower half, v is 0, 1, 27 or
   * 28, and there is such a point and key.
   * @param signature r ‖ s ‖ v, 65 bytes
   */
  recover(message: string, signature: Uint8Array): Signatory | undefined;
  /**
   * Whether this is a BIP-340 signature of that key over the message.
   * @param publicKey x, 32 bytes
   * @param signature R.x ‖ s, 64 bytes
   */
  schnorr(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Undefined where knowing a key beforehand saves nothing. */
  readonly tables: KeyTables | undefined;
}

/** Tables of multiples of known keys, by number: with one, a signature is checked three times as fast as by recovery. */
export interface KeyTables {
  /** Of one table. */
  readonly bytes: number;
  /** Room for one table more, which is never given back, only used for another key; undefined when memory is short. */
  create(): number | undefined;
  /** Begins that key's table in this room. @param publicKey a point of the curve: x ‖ y, 64 bytes */
  begin(table: number, publicKey: Uint8Array): void;
  /** Makes a seventeenth of it; false when it is whole. */
  step(table: number): boolean;
  /** Whether `recover` would find the key of this whole table. */
  signed(table: number, message: string, signature: Uint8Array): boolean;
}

/** UTF-16 units of the longest text that a tier must take; the longest of a signed request has 333. */
export const LONGEST_MESSAGE = 1024;
export const SIGNATURE_BYTES = 65;
