// The joint between networks that sign with Nostr keys and the room that has the key.

export interface NostrIdentity {
  /** x-only public key (BIP-340), 64 hex digits in lower case. */
  readonly pubkey: string;
  /** The same in NIP-19's form, in lower case. */
  readonly npub: string;
  /** BIP-340 signature of a 32-byte digest, with fresh auxiliary randomness; 64 bytes. */
  sign(digest: Uint8Array): Uint8Array;
}
