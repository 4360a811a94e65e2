// Twelve or more words that a person can write down (BIP-39), and the key that common wallets make of them (BIP-44).
import { HDKey } from "@scure/bip32";
import { generateMnemonic, mnemonicToSeed, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { Secret } from "../core/secret.ts";
import { KeyError } from "./errors.ts";

/** The first account of MetaMask, Ledger Live and the like. */
export const FIRST_ACCOUNT = "m/44'/60'/0'/0/0";

/** 256 bits: 24 words. */
export function newMnemonic(): Secret {
  return new Secret(generateMnemonic(wordlist, 256));
}

/** @returns 32 bytes @throws KeyError key_invalid: a word is unknown or the checksum is wrong; the words are not told */
export async function keyFromMnemonic(words: Secret, path: string = FIRST_ACCOUNT): Promise<Uint8Array> {
  const text = words.reveal().trim().toLowerCase().split(/\s+/).join(" ");
  if (!validateMnemonic(text, wordlist)) {
    throw new KeyError(
      "key_invalid",
      "These words are no recovery phrase (BIP-39): one is not in the English list, or their checksum is wrong",
      "Give all 12 to 24 words in their order.",
    );
  }
  const { privateKey } = HDKey.fromMasterSeed(await mnemonicToSeed(text)).derive(path);
  if (!privateKey) throw new KeyError("key_invalid", "This phrase makes no key", "Use another phrase.");
  return privateKey;
}
