// What fxn writes beside a key, in a member of its own that other readers pass over: what it is for, and its Nostr public key.
import { schnorr } from "@noble/curves/secp256k1.js";
import { z } from "zod";

/** What a key was made for. Either kind can do what the other can: they are numbers of the same curve. */
const kind = z.enum(["ethereum", "nostr"]);
export type KeyKind = z.output<typeof kind>;

/** The member "fxn" of a key file. */
export const keyLabel = z.object({
  kind,
  nostrPubkey: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex digits in lower case"),
});
export type KeyLabel = z.output<typeof keyLabel>;

/** @param key a valid one */
export function labelOf(key: Uint8Array, kind: KeyKind): KeyLabel {
  return { kind, nostrPubkey: Buffer.from(schnorr.getPublicKey(key)).toString("hex") };
}
