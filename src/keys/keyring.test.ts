// Several keys of one home: each opened once, one password asked for once, but for a key with a password file of its own.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vectors from "../../test/vectors/nostr-keys.json";
import { Secret } from "../core/secret.ts";
import { NODE_KEY, NOSTR_KEY, saveKey } from "./key-store.ts";
import { openKeyring } from "./keyring.ts";
import { encryptKey } from "./keystore-v3.ts";

const { node, router } = vectors.keys;
const bytes = (hex: string) => Buffer.from(hex, "hex");
const shared = new Secret("correct horse");
const own = new Secret("of its own");

let home = "";
let asked: string[] = [];
const passwords = {
  existing: async (what: string) => {
    asked.push(what);
    return shared;
  },
  fresh: async (): Promise<Secret> => {
    throw new Error("no key is made");
  },
};
beforeEach(async () => {
  asked = [];
  home = mkdtempSync(join(tmpdir(), "fxn-keyring-"));
  saveKey(home, NODE_KEY, await encryptKey(bytes(node.privateKeyHex), shared, { n: 2 }));
  saveKey(home, NOSTR_KEY, await encryptKey(bytes(router.privateKeyHex), shared, { n: 2, kind: "nostr" }));
  saveKey(home, "apart", await encryptKey(bytes(router.privateKeyHex), own, { n: 2, kind: "nostr" }));
  writeFileSync(join(home, "apart-password"), `${own.reveal()}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("keyring", () => {
  test.skipIf(process.platform === "win32")("attack: a password file that is a pipe is not waited for", async () => {
    Bun.spawnSync(["mkfifo", "-m", "600", join(home, "pipe")]);
    const opened = (async () => openKeyring(home, passwords).signer("apart", { file: "pipe" }))();
    expect(await opened.catch(String)).toContain("it is no file");
  });

  test("one password, asked for once, opens the node's key and those of networks", async () => {
    const keys = openKeyring(home, passwords);
    const [signer, same, other] = await Promise.all([
      keys.signer(NODE_KEY),
      keys.nostr(NODE_KEY),
      keys.nostr(NOSTR_KEY),
    ]);
    expect([signer.nostrPubkey(), same.npub, other.npub]).toEqual([node.publicKeyXOnlyHex, node.npub, router.npub]);
    expect(asked.length).toBe(1);
  });

  test("a key that is used twice is opened once", async () => {
    const keys = openKeyring(home, passwords);
    await keys.nostr(NOSTR_KEY);
    for (const name of readdirSync(join(home, "keys"))) rmSync(join(home, "keys", name));
    expect((await keys.nostr(NOSTR_KEY)).npub).toBe(router.npub);
  });

  test("a password file of its own, relative to home, is asked instead", async () => {
    const keys = openKeyring(home, passwords);
    expect((await keys.nostr("apart", { file: "apart-password" })).npub).toBe(router.npub);
    expect(asked).toEqual([]);
    await expect(openKeyring(home, passwords).nostr("apart")).rejects.toMatchObject({ code: "key_wrong_password" });
    await expect(openKeyring(home, passwords).nostr("apart", { file: "none" })).rejects.toMatchObject({
      code: "file_missing",
    });
  });

  test("a password of its own is taken before the shared one is asked for, and after a file", async () => {
    const own = await openKeyring(home, passwords).nostr("apart", { password: new Secret("of its own") });
    expect(own.npub).toBe(router.npub);
    const wrong = { file: "apart-password", password: new Secret("wrong") };
    expect((await openKeyring(home, passwords).signer("apart", wrong)).nostrPubkey()).toBe(own.pubkey);
    expect(asked).toEqual([]);
  });

  test("a key that is not there: no password is asked for", async () => {
    await expect(openKeyring(home, passwords).nostr("none")).rejects.toMatchObject({ code: "key_missing" });
    expect(asked).toEqual([]);
  });
});
