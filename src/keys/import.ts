// Keys from elsewhere: which form a text has, and the private key in it. What was seen is named, never printed.

import { validateWords } from "nostr-tools/nip06";
import { mnemonicToAccount } from "viem/accounts";
import type { Secret } from "../core/secret.ts";
import { KeyError } from "./errors.ts";
import { parseKeyFile } from "./key-file.ts";
import type { KeyKind } from "./key-label.ts";
import { looksLikeNip19, parseNsec } from "./nsec.ts";
import { assertKey } from "./private-key.ts";

interface ImportOptions {
  /** Names the text in errors: a path, or "standard input". */
  readonly where: string;
  /** Which account of a recovery phrase: the last number of m/44'/60'/0'/0/i. */
  readonly accountIndex: number;
}

interface ImportedKey {
  readonly form: "keystore" | "nodekey" | "hex" | "nsec" | "mnemonic";
  /** What its form, or the file, says that it is for. */
  readonly kind: KeyKind;
  /** The private key, 32 bytes; `password` is asked for only when it is an encrypted keystore. */
  unlock(password: () => Promise<Secret>): Promise<Uint8Array>;
}

const HEX = /^(?:0x)?[0-9a-f]+$/i;
const WORDS = /^[a-z]+(?: [a-z]+){2,}$/;
const KEY_DIGITS = 64;

/**
 * @param text nodekey.json, a v3 keystore, 64 hex digits, an nsec or a BIP-39 phrase
 * @throws KeyError key_import_unknown, key_invalid, key_file_invalid; `unlock`: key_wrong_password, key_file_invalid
 */
export function readImport(text: string, options: ImportOptions): ImportedKey {
  return readTrimmed(text.trim(), options);
}

function readTrimmed(text: string, { where, accountIndex }: ImportOptions): ImportedKey {
  if (text === "") throw refuse(`${where} is empty`);
  if (text.startsWith("{")) {
    const file = parseKeyFile(text, where);
    return { form: file.encrypted ? "keystore" : "nodekey", kind: file.kind, unlock: file.unlock };
  }
  if (HEX.test(text)) return bare("hex", hexKey(text, where));
  if (looksLikeNip19(text)) return bare("nsec", parseNsec(text, where));
  const words = text.toLowerCase().replace(/\s+/g, " ");
  if (WORDS.test(words)) return bare("mnemonic", mnemonicKey(words, accountIndex, where));
  throw refuse(`${where} holds no key in a known form`);
}

function bare(form: "hex" | "nsec" | "mnemonic", key: Uint8Array): ImportedKey {
  assertKey(key);
  return { form, kind: form === "nsec" ? "nostr" : "ethereum", unlock: async () => key };
}

function hexKey(text: string, where: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  if (digits.length === KEY_DIGITS) return Buffer.from(digits, "hex");
  const known: Readonly<Record<number, string>> = {
    40: ", as an address has",
    66: ", as a public key has",
    128: ", as a public key has",
    130: ", as a public key has",
  };
  throw refuse(
    `${where} holds ${digits.length} hex digits${known[digits.length] ?? ""}; a private key has ${KEY_DIGITS}`,
  );
}

function mnemonicKey(words: string, accountIndex: number, where: string): Uint8Array {
  const count = words.split(" ").length;
  if (![12, 15, 18, 21, 24].includes(count)) {
    throw refuse(`${where} holds ${count} words; a recovery phrase has 12, 15, 18, 21 or 24`);
  }
  if (!validateWords(words)) {
    throw refuse(`${where} holds ${count} words that are no English recovery phrase: a word or their order is wrong`);
  }
  const { privateKey } = mnemonicToAccount(words, { addressIndex: accountIndex }).getHdKey();
  if (!privateKey) throw new Error("a path from a phrase always ends in a private key");
  return privateKey;
}

function refuse(message: string): KeyError {
  return new KeyError(
    "key_import_unknown",
    message,
    "Known forms: nodekey.json of the Go node, a version 3 keystore, 64 hex digits, an nsec, a BIP-39 recovery phrase.",
  );
}
