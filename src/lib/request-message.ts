// What a caller of the Function Network signs: both sides of the wire take it from here.

/**
 * hex(sha256(body)) "." timestamp "." nonce, lower-case hex.
 * @param body raw bytes as sent; an empty body hashes as the empty string
 * @param timestamp unix seconds, to the letter as in the header
 */
export function requestMessage(body: Uint8Array, timestamp: string, nonce: string): string {
  const hash = new Bun.CryptoHasher("sha256").update(body).digest("hex");
  return `${hash}.${timestamp}.${nonce}`;
}
