// A stored key, its form told by its content: the Go node's plain text, a keystore, or Argon2id with AES-256-GCM.
import type { Address } from "../core/address.ts";
import type { Secret } from "../core/secret.ts";
import { looksLikeArgon2Wallet, parseArgon2Wallet } from "./argon2-format.ts";
import { decryptWallet } from "./argon2-wallet.ts";
import { KeyError } from "./errors.ts";
import { looksLikeGoNodeKey, parseGoNodeKey } from "./go-nodekey.ts";
import type { KeyKind } from "./key-label.ts";
import { looksLikeKeystore, parseKeystore } from "./keystore-format.ts";
import { decryptKeystore } from "./keystore-v3.ts";

export interface KeyFile {
  readonly encrypted: boolean;
  /** undefined: an encrypted file that does not tell it. */
  readonly address: Address | undefined;
  readonly kind: KeyKind;
  /** x-only, 64 hex digits; undefined: an encrypted file that another program wrote, or an older fxn. */
  readonly nostrPubkey: string | undefined;
  /** The private key, 32 bytes; `password` is asked for only when it is needed. */
  unlock(password: () => Promise<Secret>): Promise<Uint8Array>;
}

/**
 * @param where names the file in errors
 * @throws KeyError key_file_invalid, key_invalid
 */
export function parseKeyFile(text: string, where: string): KeyFile {
  const json = parseJson(text, where);
  if (looksLikeArgon2Wallet(json)) {
    const wallet = parseArgon2Wallet(json, where);
    return {
      encrypted: true,
      address: wallet.address,
      ...wallet.fxn,
      unlock: async (password) => decryptWallet(wallet, await password(), where),
    };
  }
  if (looksLikeKeystore(json)) {
    const keystore = parseKeystore(json, where);
    return {
      encrypted: true,
      address: keystore.address,
      kind: keystore.fxn?.kind ?? "ethereum",
      nostrPubkey: keystore.fxn?.nostrPubkey,
      unlock: async (password) => decryptKeystore(keystore, await password(), where),
    };
  }
  if (looksLikeGoNodeKey(json)) {
    const { key, ...stated } = parseGoNodeKey(json, where);
    return { ...stated, encrypted: false, unlock: async () => key };
  }
  throw unknown(where);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message may quote the text, and with it the key.
    throw unknown(where);
  }
}

function unknown(where: string): KeyError {
  return new KeyError(
    "key_file_invalid",
    `${where} is neither a keystore nor the Go node's nodekey.json`,
    "Restore it from your backup, or import another key: fxn accounts import --help",
  );
}
