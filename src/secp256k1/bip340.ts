// The hash that a BIP-340 signature answers to.

const TAG = new Bun.CryptoHasher("sha256").update("BIP0340/challenge").digest();
/** Has taken the tag twice, as tagged hashes begin: each hash starts from a copy. */
const TAGGED = new Bun.CryptoHasher("sha256").update(TAG).update(TAG);

/** @param rx and publicKey: x of the signature's point and of the key, 32 bytes each */
export function challengeHash(rx: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return TAGGED.copy().update(rx).update(publicKey).update(message).digest();
}
