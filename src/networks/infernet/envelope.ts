// The signed envelope of a request: who sends it, when, and that its method, path and body are what was sent.
import { createHash } from "node:crypto";
import type { NostrIdentity } from "../../core/nostr.ts";

export const ENVELOPE_HEADER = "x-infernet-auth";
export const ENVELOPE_VERSION = 1;

export interface SignedPart {
  readonly method: string;
  /** With its query, as it is sent. */
  readonly path: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly nonce: string;
  /** The very bytes that are sent. */
  readonly body: Uint8Array;
}

export function canonicalText({ method, path, createdAt, nonce, body }: SignedPart): string {
  const hash = createHash("sha256").update(body).digest("hex");
  return [method.toUpperCase(), path, String(createdAt), nonce, hash].join("\n");
}

/** What is signed: the digest of the text, not the text. */
export function canonicalDigest(part: SignedPart): Uint8Array {
  return createHash("sha256").update(canonicalText(part), "utf8").digest();
}

/** The header's value. A header that was sent once is spent, whatever came of it. */
export function sealRequest(part: SignedPart, identity: Pick<NostrIdentity, "pubkey" | "sign">): string {
  const sig = Buffer.from(identity.sign(canonicalDigest(part))).toString("hex");
  const envelope = { v: ENVELOPE_VERSION, pubkey: identity.pubkey, created_at: part.createdAt, nonce: part.nonce, sig };
  return Buffer.from(JSON.stringify(envelope), "utf8").toString("base64url");
}
