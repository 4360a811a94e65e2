// How a signer's nonce is named in files and tables of the reference's form, which knew nonces alone.
import { createHash } from "node:crypto";

/** Two signers may use one nonce. What a table could not hold, or would be too long, is there as its hash. */
export function nonceKey(signer: string, nonce: string): string {
  const plain = /^[\x20-\x7e]{1,128}$/.test(nonce);
  return `${signer}:${plain ? nonce : `sha256:${createHash("sha256").update(nonce).digest("hex")}`}`;
}
