// CoFHE as a job needs it: numbers of 128 bits that a handle names are decrypted for us, and ours are encrypted for others.
import type { Hex } from "../../../core/address.ts";
import type { KeyHalves } from "../blob.ts";

/** Of a number of 128 bits. */
export const UINT128 = 6;

export interface EncryptedInput {
  readonly ctHash: bigint;
  readonly securityZone: 0;
  readonly utype: typeof UINT128;
  readonly signature: Hex;
}

export interface EncryptedHalves {
  readonly high: EncryptedInput;
  readonly low: EncryptedInput;
}

export interface Cofhe {
  /** Whether what it encrypts is taken by the contract that keeps keys. */
  readonly provable: boolean;
  /** Why it cannot encrypt, with what to do; undefined: it can. */
  cannotEncrypt(): Promise<{ readonly why: string; readonly hint: string } | undefined>;
  /** @throws BlindferenceError blindference_cofhe */
  decrypt(handles: KeyHalves, signal: AbortSignal): Promise<KeyHalves>;
  /** @throws BlindferenceError blindference_cofhe */
  encrypt(halves: KeyHalves, signal: AbortSignal): Promise<EncryptedHalves>;
}
