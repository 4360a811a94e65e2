// What a caller of the Function Network signs: both sides of the wire take it from here.

/** Takes the raw bytes of a body as sent; an empty body hashes as the empty string. */
export function bodyHash(): Bun.CryptoHasher {
  return new Bun.CryptoHasher("sha256");
}

/**
 * hex(sha256(body)) "." timestamp "." nonce, lower-case hex.
 * @param hash has taken the whole body, and is spent by this
 * @param timestamp unix seconds, to the letter as in the header
 */
export function requestMessage(hash: Bun.CryptoHasher, timestamp: string, nonce: string): string {
  return `${hash.digest("hex")}.${timestamp}.${nonce}`;
}
