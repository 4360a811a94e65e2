// Makes a key: for accounts new, for init and for a first start.
import { formatGoNodeKey } from "../src/keys/go-nodekey.ts";
import type { KeyKind } from "../src/keys/key-label.ts";
import { assertNoKey, saveKey } from "../src/keys/key-store.ts";
import { encryptKey } from "../src/keys/keystore-v3.ts";
import type { Passwords } from "../src/keys/password.ts";
import { newKey } from "../src/keys/private-key.ts";
import { type PublicNames, publicNames } from "./public-names.ts";

/** Throws `key_exists`, and `key_password_missing` before anything is written when an encrypted key has no password. */
export async function makeKey(
  home: string,
  name: string,
  plaintext: boolean,
  passwords: () => Promise<Passwords>,
  kind: KeyKind = "ethereum",
): Promise<PublicNames & { path: string }> {
  assertNoKey(home, name);
  const key = newKey();
  const text = plaintext
    ? formatGoNodeKey(key, kind)
    : await encryptKey(key, await (await passwords()).fresh(`the new key "${name}"`), { kind });
  return { path: saveKey(home, name, text), ...publicNames(key, kind) };
}
