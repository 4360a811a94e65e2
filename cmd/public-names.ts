// How a key is known to others: by its address, and by its npub.
import type { KeyKind } from "../src/keys/key-label.ts";
import { nostrFromKey } from "../src/keys/nostr.ts";
import { signerFromKey } from "../src/keys/signer.ts";

export interface PublicNames {
  readonly kind: KeyKind;
  readonly address: string;
  readonly npub: string;
  /** The npub as hex. */
  readonly nostrPubkey: string;
}

export function publicNames(key: Uint8Array, kind: KeyKind): PublicNames {
  const { pubkey, npub } = nostrFromKey(key);
  return { kind, address: signerFromKey(key).checksumAddress, npub, nostrPubkey: pubkey };
}

/** The name that its kind goes by, as a line for a person. */
export function nameLine({ kind, address, npub }: PublicNames): string {
  return kind === "nostr" ? `npub     ${npub}` : `Address  ${address}`;
}
