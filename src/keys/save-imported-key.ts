// Keeps the key that came with another node's configuration. A key that is there stays, and has to be the same one.
import { existsSync } from "node:fs";
import type { Secret } from "../core/secret.ts";
import { KeyError } from "./errors.ts";
import { type KeyFile, parseKeyFile } from "./key-file.ts";
import type { KeyKind } from "./key-label.ts";
import { keyPath, readKey, saveKey } from "./key-store.ts";
import { encryptKey } from "./keystore-v3.ts";
import type { Passwords } from "./password.ts";
import { assertKey } from "./private-key.ts";
import { type Signer, signerFromKey } from "./signer.ts";

interface SavedKey {
  readonly path: string;
  /** false: the same key was there already, and the file is as it was. */
  readonly written: boolean;
}

/**
 * @param hex 64 digits
 * @throws KeyError key_exists when another key has that name; key_invalid, key_name_invalid, and what `passwords` throws
 */
export async function saveImportedKey(
  home: string,
  name: string,
  hex: Secret,
  passwords: Passwords,
  kind: KeyKind,
): Promise<SavedKey> {
  const key = keyOf(hex.reveal());
  const signer = signerFromKey(key);
  const path = keyPath(home, name);
  if (!existsSync(path)) {
    const password = await passwords.fresh(`the key "${name}"`);
    return { path: saveKey(home, name, await encryptKey(key, password, { kind })), written: true };
  }
  if (await isOf(signer, readKey(home, name), () => passwords.existing(path))) return { path, written: false };
  throw another(path);
}

/**
 * Copies a keystore as it is, under the password that it has.
 * @param where names it in errors @throws KeyError key_file_invalid, key_exists
 */
export function saveImportedKeystore(home: string, name: string, text: string, where: string): SavedKey {
  const { address } = parseKeyFile(text, where);
  const path = keyPath(home, name);
  if (!existsSync(path)) return { path: saveKey(home, name, text), written: true };
  const there = readKey(home, name).address;
  if (address !== undefined && address === there) return { path, written: false };
  throw another(path);
}

function another(path: string): KeyError {
  return new KeyError(
    "key_exists",
    `The key at ${path} is another one than that of the import; it was left as it is`,
    "Give the imported key another name, or move the file to a safe place first.",
  );
}

/** Node stops reading hex at the first other character: that would let a key with something behind it pass. */
function keyOf(hex: string): Uint8Array {
  const key = /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, "hex") : new Uint8Array();
  assertKey(key);
  return key;
}

/** What the file says is enough: whoever opens it later has it checked. */
async function isOf(signer: Signer, file: KeyFile, password: () => Promise<Secret>): Promise<boolean> {
  if (file.nostrPubkey !== undefined) return file.nostrPubkey === signer.nostrPubkey();
  const address = file.address ?? signerFromKey(await file.unlock(password)).address;
  return address === signer.address;
}
