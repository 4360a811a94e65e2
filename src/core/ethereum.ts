// The joint between networks that settle on a chain and the room that has the key.
import type { Address } from "./address.ts";

export interface EthereumAccount {
  readonly address: Address;
  /** The address in EIP-55 case. */
  readonly checksumAddress: string;
  /** EIP-191 signature of a message: r ‖ s ‖ v with v = 27 or 28; 130 hex digits without 0x. */
  signPersonal(message: string | Uint8Array): string;
  /** Signature of a 32-byte digest as it is: r ‖ s ‖ v with v = 0 or 1; 65 bytes. */
  signDigest(digest: Uint8Array): Uint8Array;
}
