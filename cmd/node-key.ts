// Makes the node's key for init and a first start.
import { formatGoNodeKey } from "../src/keys/go-nodekey.ts";
import { NODE_KEY, saveKey } from "../src/keys/key-store.ts";
import { encryptKey } from "../src/keys/keystore-v3.ts";
import type { Passwords } from "../src/keys/password.ts";
import { newKey } from "../src/keys/private-key.ts";
import { signerFromKey } from "../src/keys/signer.ts";

/** Throws `key_password_missing` before anything is written when an encrypted key has no password. */
export async function makeNodeKey(
  home: string,
  plaintext: boolean,
  passwords: Passwords,
): Promise<{ path: string; address: string }> {
  const key = newKey();
  const text = plaintext ? formatGoNodeKey(key) : await encryptKey(key, await passwords.fresh("the node's new key"));
  return { path: saveKey(home, NODE_KEY, text), address: signerFromKey(key).checksumAddress };
}
