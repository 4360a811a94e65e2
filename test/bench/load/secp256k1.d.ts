// The package has no types of its own: what the bench calls of it.
declare module "secp256k1" {
  /** @param digest 32 bytes @param key 32 bytes; the signature is r ‖ s, s in the lower half */
  export function ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
}
