// Nostr's spelling of a private key (NIP-19): read, written, and what people give in its place told apart from it.
import { decode, nsecEncode } from "nostr-tools/nip19";
import { KeyError } from "./errors.ts";

const NIP19 = /^(?:nostr:)?n[a-z]{3,8}1\S*$/i;
const NSEC_LENGTH = 63;

/** Is it meant to be of NIP-19, right or wrong? */
export function looksLikeNip19(text: string): boolean {
  return NIP19.test(text);
}

/** The same key as an nsec. */
export function formatNsec(key: Uint8Array): string {
  return nsecEncode(key);
}

/**
 * @param text one that looks like NIP-19
 * @param where names it in errors, which never quote it
 * @throws KeyError key_import_unknown
 */
export function parseNsec(text: string, where: string): Uint8Array {
  const bare = text.replace(/^nostr:/i, "");
  const kind = bare.slice(0, bare.indexOf("1")).toLowerCase();
  if (kind === "npub") throw refuse(`${where} holds Nostr's npub, a public key; a private key begins with nsec1`);
  if (kind === "ncryptsec") throw refuse(`${where} holds Nostr's ncryptsec, an nsec under a password`, DECRYPT);
  if (kind !== "nsec") throw refuse(`${where} holds Nostr's ${kind}; a private key begins with nsec1`);
  if (bare !== text) throw refuse(`${where} has nostr: before an nsec; links never hold a private key`);
  if (bare !== bare.toLowerCase() && bare !== bare.toUpperCase())
    throw refuse(`${where} holds an nsec with a typing mistake: it mixes capital and small letters`);
  if (bare.length !== NSEC_LENGTH)
    throw refuse(`${where} holds an nsec with a typing mistake: ${bare.length} characters, not ${NSEC_LENGTH}`);
  const key = decoded(bare.toLowerCase());
  if (key?.length === 32) return key;
  throw refuse(`${where} holds an nsec with a typing mistake: its checksum is wrong`);
}

function decoded(text: string): Uint8Array | undefined {
  try {
    const found = decode(text);
    return found.type === "nsec" ? found.data : undefined;
  } catch {
    // The library's message may quote the key.
    return undefined;
  }
}

const EXPECTED = `A private key of Nostr is an nsec, ${NSEC_LENGTH} characters that begin with nsec1, or 64 hex digits.`;
const DECRYPT = "Let the program that made it show the nsec, and import that.";

function refuse(message: string, hint = EXPECTED): KeyError {
  return new KeyError("key_import_unknown", message, hint);
}
