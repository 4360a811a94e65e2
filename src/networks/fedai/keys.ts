// Keys as texts: npub and nsec (NIP-19) or 64 hex digits; inside they are compared as lower-case hex only.
import { decode, npubEncode } from "nostr-tools/nip19";

const HEX_KEY = /^[0-9a-fA-F]{64}$/;

/** An npub's x-only key as hex, so that its two spellings are one key; undefined for anything else. */
export function parseNpub(text: string): string | undefined {
  const decoded = decoded32(text, "npub");
  return decoded?.type === "npub" ? decoded.data : undefined;
}

/** An npub or hex. */
export function parsePublicKey(text: string): string | undefined {
  return HEX_KEY.test(text) ? text.toLowerCase() : parseNpub(text);
}

/** An nsec or hex, as hex. */
export function parsePrivateKey(text: string): string | undefined {
  if (HEX_KEY.test(text)) return text.toLowerCase();
  const decoded = decoded32(text, "nsec");
  return decoded?.type === "nsec" ? Buffer.from(decoded.data).toString("hex") : undefined;
}

export function npubOf(pubkey: string): string {
  return npubEncode(pubkey);
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

/** bech32 may be written in either case, not in both; 63 characters are 32 bytes. */
function decoded32(text: string, prefix: string) {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  if (lower.length !== 63 || !lower.startsWith(`${prefix}1`)) return undefined;
  try {
    return decode(lower);
  } catch {
    return undefined;
  }
}
