// Whose signatures these are: the one question that rooms above ask, answered by whichever tier this machine runs.
import type { Address } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { KnownCallers } from "./known-callers.ts";
import { nobleTier } from "./noble-tier.ts";
import { LONGEST_MESSAGE, type Tier } from "./tier.ts";

export interface Signatures {
  readonly tier: Tier["name"];
  /**
   * Whether this address signed this text by EIP-191, with v 0, 1, 27 or 28 and s in the lower half.
   * @param signature r ‖ s ‖ v, 65 bytes
   */
  signedBy(address: Address, message: string, signature: Uint8Array): boolean;
  /** BIP-340. @param publicKey x, 32 bytes @param signature R.x ‖ s, 64 bytes */
  schnorr(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface SignaturesPorts {
  /** Calls it when other work has had its turn: setImmediate. */
  readonly later: (work: () => void) => void;
  readonly clock: Clock;
}

/** Tables of 480 callers. */
const TABLES_BYTES = 64 * 2 ** 20;

export function createSignatures(tier: Tier, ports: SignaturesPorts): Signatures {
  const { tables } = tier;
  const callers = tables && new KnownCallers({ tables, memoryBytes: TABLES_BYTES, ...ports });
  return {
    tier: tier.name,
    schnorr: tier.schnorr,
    signedBy(address, message, signature) {
      if (message.length > LONGEST_MESSAGE) return nobleTier.recover(message, signature)?.address === address;
      const table = callers?.tableOf(address);
      if (tables && table !== undefined) return tables.signed(table, message, signature);
      const signer = tier.recover(message, signature);
      if (signer?.address !== address) return false;
      callers?.signed(signer);
      return true;
    },
  };
}
