// Keys from elsewhere: which form a text has, and the private key in it. What was seen is named, never printed.

import { validateWords } from "nostr-tools/nip06";
import { decode } from "nostr-tools/nip19";
import { mnemonicToAccount } from "viem/accounts";
import type { Secret } from "../core/secret.ts";
import { KeyError } from "./errors.ts";
import { parseKeyFile } from "./key-file.ts";
import { assertKey } from "./private-key.ts";

interface ImportOptions {
  /** Names the text in errors: a path, or "standard input". */
  readonly where: string;
  /** Asked for only when the text is an encrypted keystore. */
  readonly password: () => Promise<Secret>;
  /** Which account of a recovery phrase: the last number of m/44'/60'/0'/0/i. */
  readonly accountIndex: number;
}

interface ImportedKey {
  readonly key: Uint8Array;
  readonly form: "keystore" | "nodekey" | "hex" | "nsec" | "mnemonic";
}

const HEX = /^(?:0x)?[0-9a-f]+$/i;
const WORDS = /^[a-z]+(?: [a-z]+){2,}$/;
const KEY_DIGITS = 64;

/**
 * @param text nodekey.json, a v3 keystore, 64 hex digits, an nsec or a BIP-39 phrase
 * @throws KeyError key_import_unknown, key_invalid, key_file_invalid, key_wrong_password
 */
export async function importKey(text: string, options: ImportOptions): Promise<ImportedKey> {
  const imported = await readImport(text.trim(), options);
  assertKey(imported.key);
  return imported;
}

async function readImport(text: string, { where, password, accountIndex }: ImportOptions): Promise<ImportedKey> {
  if (text === "") throw refuse(`${where} is empty`);
  if (text.startsWith("{")) {
    const file = parseKeyFile(text, where);
    return { key: await file.unlock(password), form: file.encrypted ? "keystore" : "nodekey" };
  }
  if (HEX.test(text)) return { key: hexKey(text, where), form: "hex" };
  if (/^n[a-z]{3,8}1/i.test(text) && !/\s/.test(text)) return { key: nsecKey(text, where), form: "nsec" };
  const words = text.toLowerCase().replace(/\s+/g, " ");
  if (WORDS.test(words)) return { key: mnemonicKey(words, accountIndex, where), form: "mnemonic" };
  throw refuse(`${where} holds no key in a known form`);
}

function hexKey(text: string, where: string): Uint8Array {
  const digits = text.replace(/^0x/i, "");
  if (digits.length === KEY_DIGITS) return Buffer.from(digits, "hex");
  const known: Readonly<Record<number, string>> = {
    40: ", as an address has",
    128: ", as a public key has",
    130: ", as a public key has",
  };
  throw refuse(
    `${where} holds ${digits.length} hex digits${known[digits.length] ?? ""}; a private key has ${KEY_DIGITS}`,
  );
}

function nsecKey(text: string, where: string): Uint8Array {
  const kind = text.slice(0, text.indexOf("1")).toLowerCase();
  if (kind !== "nsec") throw refuse(`${where} holds Nostr's ${kind}; a private key begins with nsec1`);
  const decoded = decodeNip19(text.toLowerCase());
  if (decoded?.type === "nsec" && decoded.data.length === 32) return decoded.data;
  throw refuse(`${where} holds an nsec with a typing mistake: its checksum is wrong`);
}

function decodeNip19(text: string): ReturnType<typeof decode> | undefined {
  try {
    return decode(text);
  } catch {
    return undefined;
  }
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
