// Envelopes: a message, a nonce and a time under one BIP-340 signature over the SHA-256 of their canonical text.
import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../core/clock.ts";
import type { NostrIdentity } from "../../core/nostr.ts";
import { canonicalJson } from "./canonical.ts";
import { bytesOf, parseNpub } from "./keys.ts";
import { printable } from "./tokens.ts";

export interface Envelope<T> {
  readonly payload: T;
  readonly nonce: string;
  /** Milliseconds. */
  readonly ts: number;
  readonly keyId: string;
  readonly sig: string;
}

/** One that came from outside. */
export interface Received<T> extends Envelope<T> {
  /** The payload with all that came in it: this is what was signed. */
  readonly received: unknown;
}

export type Schnorr = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean;

/** Five members and no other; the payload's unknown members are left out of `payload`, and kept in `received`. */
export function envelopeOf<T extends z.ZodType>(payload: T) {
  const envelope = z.strictObject({
    payload: z.unknown(),
    nonce: z.string(),
    ts: z.number(),
    keyId: z.string(),
    sig: z.string(),
  });
  return envelope.transform((parts, context): Received<z.output<T>> => {
    const parsed = payload.safeParse(parts.payload);
    if (parsed.success) return { ...parts, payload: parsed.data, received: parts.payload };
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: "custom", message, path: ["payload", ...path] });
    }
    return z.NEVER;
  });
}

/** Enough to find a mistake by; what is wrong with a message may be longer than the message. */
const MOST_DETAILS = 20;

/** "payload: maxTokens: expected number": one line for each thing that is wrong. */
export function detailsOf(error: z.ZodError): string[] {
  return error.issues.slice(0, MOST_DETAILS).map(({ path, message }) => {
    const [first, ...rest] = path;
    const within = first === "payload" ? rest : path;
    const place = within.length > 0 ? within.join(".") : "value";
    return printable(`${first === "payload" ? "payload: " : ""}${place}: ${message}`);
  });
}

/** SHA-256 of a value's canonical text; what is signed as it is. */
export function digestOf(value: unknown): Uint8Array {
  return createHash("sha256").update(canonicalJson(value), "utf8").digest();
}

/** Base64 with its padding, as the wire has signatures. */
export function signatureOf(identity: NostrIdentity, value: unknown): string {
  return Buffer.from(identity.sign(digestOf(value))).toString("base64");
}

/** Signs it now, under a fresh nonce. */
export function seal<T>(identity: NostrIdentity, clock: Clock, payload: T): Envelope<T> {
  const body = { payload, nonce: randomUUID(), ts: clock.now(), keyId: identity.npub };
  return { ...body, sig: signatureOf(identity, body) };
}

/**
 * Whose signature this is, as hex; "invalid-key-id" for a keyId that is no npub. Base64 with other letters or without its
 * padding passes, as it does at every other node of this network.
 * @param keyOf reads the key, where other forms of it are taken too
 */
export function signerOf(
  envelope: Received<unknown>,
  schnorr: Schnorr,
  keyOf: (keyId: string) => string | undefined = parseNpub,
): { readonly pubkey: string } | { readonly fault: "invalid-key-id" | "invalid-signature" } {
  const pubkey = keyOf(envelope.keyId);
  if (pubkey === undefined) return { fault: "invalid-key-id" };
  const { nonce, ts, keyId } = envelope;
  const signed = { payload: envelope.received, nonce, ts, keyId };
  return isSigned(schnorr, pubkey, signed, envelope.sig) ? { pubkey } : { fault: "invalid-signature" };
}

/** @param value of which the canonical text was signed @param sig base64 */
export function isSigned(schnorr: Schnorr, pubkey: string, value: unknown, sig: string): boolean {
  const signature = Uint8Array.from(Buffer.from(sig, "base64"));
  return signature.length === 64 && schnorr(bytesOf(pubkey), digestOf(value), signature);
}
