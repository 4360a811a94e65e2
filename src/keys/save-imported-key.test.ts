// A key that came with a configuration: written once, the same one taken for it, another never overwritten.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vectors from "../../test/vectors/nostr-keys.json";
import { Secret } from "../core/secret.ts";
import { formatGoNodeKey } from "./go-nodekey.ts";
import { openNostr, readKey, saveKey } from "./key-store.ts";
import { encryptKey } from "./keystore-v3.ts";
import type { Passwords } from "./password.ts";
import { saveImportedKey } from "./save-imported-key.ts";

const { node, router } = vectors.keys;
const key = Buffer.from(node.privateKeyHex, "hex");
const otherKey = Buffer.from(router.privateKeyHex, "hex");
const hex = new Secret(node.privateKeyHex);
const secret = new Secret("correct horse");
const given: Passwords = { existing: async () => secret, fresh: async () => secret };
const refuse = async (): Promise<Secret> => {
  throw new Error("no password was needed");
};
const never: Passwords = { existing: refuse, fresh: refuse };

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-imported-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Without what tells the key's Nostr public key, and its address. */
async function foreign(of: Uint8Array): Promise<string> {
  const { fxn, address, ...file } = JSON.parse(await encryptKey(of, secret, { n: 2 }));
  return JSON.stringify(file);
}

describe("saving an imported key", () => {
  test("writes it as a Nostr key, which opens with its password", async () => {
    const { path, written } = await saveImportedKey(home, "nostr", hex, given, "nostr");
    expect([path, written]).toEqual([join(home, "keys", "nostr.json"), true]);
    expect(readKey(home, "nostr").kind).toBe("nostr");
    expect((await openNostr(home, "nostr", given.existing.bind(undefined, ""))).npub).toBe(node.npub);
  });

  test("again: the file stays as it is, and no password is asked for", async () => {
    const path = saveKey(home, "nostr", await encryptKey(key, secret, { n: 2, kind: "nostr" }));
    const before = readFileSync(path, "utf8");
    expect(await saveImportedKey(home, "nostr", hex, never, "nostr")).toEqual({ path, written: false });
    expect(await saveImportedKey(home, "nostr", new Secret(hex.reveal().toUpperCase()), never, "nostr")).toMatchObject({
      written: false,
    });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("the same key in other forms, with a password only where nothing else tells", async () => {
    saveKey(home, "node", formatGoNodeKey(key));
    saveKey(home, "foreign", await foreign(key));
    expect((await saveImportedKey(home, "node", hex, never, "nostr")).written).toBe(false);
    expect((await saveImportedKey(home, "foreign", hex, given, "nostr")).written).toBe(false);
  });

  test("another key of that name is refused, and left as it is", async () => {
    const texts = {
      node: formatGoNodeKey(otherKey),
      ours: await encryptKey(otherKey, secret, { n: 2 }),
      foreign: await foreign(otherKey),
    };
    for (const [name, text] of Object.entries(texts)) {
      const path = saveKey(home, name, text);
      await expect(saveImportedKey(home, name, hex, given, "nostr")).rejects.toMatchObject({
        code: "key_exists",
        hint: expect.stringContaining("another name"),
      });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });

  test("what is no key, and a name that leads elsewhere, write nothing", async () => {
    for (const text of ["", "zz", `${node.privateKeyHex}zz`, `0x${node.privateKeyHex}`, "0".repeat(64), node.nsec])
      await expect(saveImportedKey(home, "x", new Secret(text), never, "nostr")).rejects.toMatchObject({
        code: "key_invalid",
      });
    const away = saveImportedKey(home, "../x", hex, never, "nostr");
    await expect(away).rejects.toMatchObject({ code: "key_name_invalid" });
  });
});
