// A key of a home under a password that is cheap to try: tests of other things open it over and over.
import { Secret } from "../../src/core/secret.ts";
import type { KeyKind } from "../../src/keys/key-label.ts";
import { saveKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";

/** @param key 64 hex digits; commands that would import it keep this file of it @param name of the key in the home */
export async function saveCheapKey(
  home: string,
  name: string,
  key: string,
  password: string,
  kind: KeyKind = "ethereum",
): Promise<void> {
  saveKey(home, name, await encryptKey(Buffer.from(key, "hex"), new Secret(password), { n: 2, kind }));
}
