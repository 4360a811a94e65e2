// The Go node's nodekey.json: a key in plain text, with the public key and address that belong to it.
import { z } from "zod";
import { type Address, parseAddress } from "../core/address.ts";
import { KeyError } from "./errors.ts";
import { type KeyKind, keyLabel, labelOf } from "./key-label.ts";
import { signerFromKey } from "./signer.ts";

const nodekey = z.object({
  public_key: z.string().regex(/^[0-9a-f]{130}$/i, "expected 130 hex digits"),
  address: z.string().regex(/^0x[0-9a-f]{40}$/i, "expected 0x and 40 hex digits"),
  private_key: z.string().regex(/^[0-9a-f]{64}$/i, "expected 64 hex digits"),
  fxn: keyLabel.optional(),
});

interface GoNodeKey {
  readonly key: Uint8Array;
  readonly address: Address;
  readonly kind: KeyKind;
  readonly nostrPubkey: string;
}

export function looksLikeGoNodeKey(json: unknown): boolean {
  return typeof json === "object" && json !== null && "private_key" in json;
}

/**
 * @param where names the file in errors
 * @throws KeyError key_file_invalid, also when the three fields do not belong together; key_invalid
 */
export function parseGoNodeKey(json: unknown, where: string): GoNodeKey {
  const parsed = nodekey.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(
      `${where} is no usable nodekey.json: ${issue?.path.join(".") || "file"}: ${issue?.message ?? "unknown form"}`,
    );
  }
  const key = Buffer.from(parsed.data.private_key, "hex");
  const { address, publicKey, nostrPubkey } = signerFromKey(key);
  const { kind = "ethereum", nostrPubkey: labelled = nostrPubkey() } = parsed.data.fxn ?? {};
  const consistent =
    labelled === nostrPubkey() &&
    address === parseAddress(parsed.data.address) &&
    Buffer.from(publicKey).toString("hex") === parsed.data.public_key.toLowerCase();
  if (!consistent) throw invalid(`The public_key or address in ${where} does not belong to its private_key`);
  return { key, address, kind, nostrPubkey: labelled };
}

/** The file's JSON text, as the Go node reads it; for a Nostr key with a label, which it passes over. Throws `key_invalid`. */
export function formatGoNodeKey(key: Uint8Array, kind: KeyKind = "ethereum"): string {
  const { checksumAddress, publicKey } = signerFromKey(key);
  const file = {
    public_key: Buffer.from(publicKey).toString("hex"),
    address: checksumAddress,
    private_key: Buffer.from(key).toString("hex"),
    ...(kind === "nostr" && { fxn: labelOf(key, kind) }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function invalid(message: string): KeyError {
  return new KeyError("key_file_invalid", message, "Restore the file from your backup.");
}
