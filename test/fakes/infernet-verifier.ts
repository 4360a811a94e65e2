// A control plane's check of signed requests: the same order and the same words as the real one's.
import { createHash } from "node:crypto";
import { z } from "zod";

export interface SignedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly header: string;
  readonly body: Uint8Array;
  /** Unix seconds. */
  readonly now: number;
}

export type Verdict =
  | { readonly ok: true; readonly pubkey: string; readonly nonce: string; readonly createdAt: number }
  | { readonly ok: false; readonly error: string };

export type Schnorr = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean;

const WINDOW_S = 60;
const NONCE_TTL_S = 120;
const MAX_NONCES = 10_000;
const HEX64 = /^[0-9a-f]{64}$/i;
const envelope = z.record(z.string(), z.unknown());

export class InfernetVerifier {
  readonly #schnorr: Schnorr;
  readonly #nonces = new Map<string, number>();

  constructor(schnorr: Schnorr) {
    this.#schnorr = schnorr;
  }

  verify(request: SignedRequest): Verdict {
    const { header, now } = request;
    const no = (error: string): Verdict => ({ ok: false, error });
    if (header === "") return no("missing X-Infernet-Auth header");
    let read: Record<string, unknown>;
    try {
      read = envelope.parse(JSON.parse(Buffer.from(header, "base64url").toString("utf8")));
    } catch (error) {
      return no(`invalid X-Infernet-Auth envelope: ${error instanceof Error ? error.message : "?"}`);
    }
    const { v, pubkey, created_at: createdAt, nonce, sig } = read;
    if (v !== 1) return no(`unsupported envelope version: ${v}`);
    if (typeof pubkey !== "string" || !HEX64.test(pubkey)) return no("envelope pubkey must be 64 hex chars");
    if (typeof createdAt !== "number") return no("envelope created_at must be a number");
    if (typeof nonce !== "string" || nonce === "") return no("envelope nonce must be a non-empty string");
    if (typeof sig !== "string" || sig.length !== 128) return no("envelope sig must be a 128-char hex string");
    const skew = Math.abs(now - createdAt);
    if (skew > WINDOW_S) return no(`timestamp outside replay window (skew=${skew}s)`);
    if (!this.#signed(request, pubkey, createdAt, nonce, sig)) return no("signature verification failed");
    if (!this.claim(nonce, now)) return no("nonce already used");
    return { ok: true, pubkey, nonce, createdAt };
  }

  /** Keyed by the nonce alone, as the real one does it. */
  claim(nonce: string, now: number): boolean {
    for (const [old, until] of this.#nonces) {
      if (until > now && this.#nonces.size < MAX_NONCES) break;
      this.#nonces.delete(old);
    }
    if (this.#nonces.has(nonce)) return false;
    this.#nonces.set(nonce, now + NONCE_TTL_S);
    return true;
  }

  /** As a server that was started anew. */
  forget(): void {
    this.#nonces.clear();
  }

  #signed({ method, path, body }: SignedRequest, pubkey: string, createdAt: number, nonce: string, sig: string) {
    const hash = createHash("sha256").update(body).digest("hex");
    const text = [method.toUpperCase(), path, String(createdAt), nonce, hash].join("\n");
    const digest = createHash("sha256").update(text).digest();
    const signature = Buffer.from(sig, "hex");
    if (signature.length !== 64) return false;
    try {
      return this.#schnorr(Buffer.from(pubkey, "hex"), digest, signature);
    } catch {
      return false;
    }
  }
}
