// Where keys live: picked up as they are, never overwritten, refused when others can read them.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vectors from "../../test/vectors/function.json";
import { Secret } from "../core/secret.ts";
import { formatGoNodeKey } from "./go-nodekey.ts";
import { assertNoKey, keyPath, listKeys, NODE_KEY, openNostr, openSigner, readKey, saveKey } from "./key-store.ts";
import { encryptKey } from "./keystore-v3.ts";
import { signerFromKey } from "./signer.ts";

const { node, gateway } = vectors.keys;
const nodeKey = Buffer.from(node.privateKey, "hex");
const gatewayKey = Buffer.from(gateway.privateKey, "hex");
const password = new Secret("pässword");
const given = async () => password;
const never = async (): Promise<Secret> => {
  throw new Error("no password was needed");
};

let root = "";
let home = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fxn-keys-"));
  home = join(root, "home");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("opening", () => {
  test("the Go node's nodekey.json as it is, in any case of its address, with no password", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey).replace(node.address, node.address.toLowerCase()));
    const signer = await openSigner(home, NODE_KEY, never);
    expect(signer.checksumAddress).toBe(node.address);
  });

  test("an encrypted key of the same name, and one of another", async () => {
    saveKey(home, NODE_KEY, await encryptKey(nodeKey, password, { n: 2 }));
    saveKey(home, "gateway", await encryptKey(gatewayKey, password, { n: 2 }));
    expect((await openSigner(home, NODE_KEY, given)).checksumAddress).toBe(node.address);
    expect((await openSigner(home, "gateway", given)).checksumAddress).toBe(gateway.address);
  });

  test("for Nostr: a key of either kind and form, the node's own too", async () => {
    const pubkey = signerFromKey(nodeKey).nostrPubkey();
    saveKey(home, NODE_KEY, await encryptKey(nodeKey, password, { n: 2 }));
    saveKey(home, "nostr", await encryptKey(nodeKey, password, { n: 2, kind: "nostr" }));
    saveKey(home, "plain", formatGoNodeKey(nodeKey));
    for (const name of [NODE_KEY, "nostr"]) expect((await openNostr(home, name, given)).pubkey).toBe(pubkey);
    expect((await openNostr(home, "plain", never)).pubkey).toBe(pubkey);
    const wrong = openNostr(home, "nostr", async () => new Secret("x"));
    await expect(wrong).rejects.toMatchObject({ code: "key_wrong_password" });
    await expect(openNostr(home, "none", never)).rejects.toMatchObject({ code: "key_missing" });
  });

  test("a wrong password", async () => {
    saveKey(home, NODE_KEY, await encryptKey(nodeKey, password, { n: 2 }));
    const wrong = openSigner(home, NODE_KEY, async () => new Secret("x"));
    await expect(wrong).rejects.toMatchObject({ code: "key_wrong_password" });
  });

  test("no key: says how to make one", async () => {
    await expect(openSigner(home, NODE_KEY, never)).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("fxn accounts new"),
    });
  });

  test("a nodekey.json whose fields do not belong together is refused", () => {
    const text = formatGoNodeKey(nodeKey);
    const cases = [
      text.replace(node.address, gateway.address),
      text.replace(node.publicKeyUncompressed, gateway.publicKeyUncompressed),
      text.replace(node.privateKey, gateway.privateKey),
      text.replace(node.privateKey, "00"),
      text.replace(node.privateKey, `0x${node.privateKey}`),
      text.replace("public_key", "publicKey"),
      text.replace("{", `{"fxn":{"kind":"nostr","nostrPubkey":"${signerFromKey(gatewayKey).nostrPubkey()}"},`),
      text.replace("{", `{"fxn":{"kind":"x","nostrPubkey":"${signerFromKey(nodeKey).nostrPubkey()}"},`),
      text.slice(0, -10),
      "{}",
      "",
      "[]",
    ];
    cases.forEach((broken, at) => {
      const name = `k${at}`;
      saveKey(home, name, broken);
      let shown = "";
      try {
        readKey(home, name);
      } catch (error) {
        shown = Bun.inspect(error, { depth: 9 });
      }
      expect(shown).toContain("key_file_invalid");
      expect(shown).not.toContain(node.privateKey.slice(0, 20));
      expect(shown).not.toContain(gateway.privateKey.slice(0, 20));
    });
  });
});

describe("permissions", () => {
  const posix = process.platform !== "win32";

  test.if(posix)("files are 0600 in a 0700 home, whatever the umask", () => {
    const before = process.umask(0);
    try {
      saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
      saveKey(home, "other", formatGoNodeKey(gatewayKey));
    } finally {
      process.umask(before);
    }
    for (const path of [home, join(home, "keys")]) expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const name of [NODE_KEY, "other"]) expect(statSync(keyPath(home, name)).mode & 0o777).toBe(0o600);
  });

  test.if(posix)("a key file that others can read is refused", async () => {
    const path = saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    chmodSync(path, 0o644);
    await expect(openSigner(home, NODE_KEY, never)).rejects.toMatchObject({
      code: "key_file_open_to_others",
      hint: `chmod 600 ${path}`,
    });
  });

  test.if(posix)("a home in which others can replace the key is refused", async () => {
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    chmodSync(home, 0o777);
    await expect(openSigner(home, NODE_KEY, never)).rejects.toMatchObject({ code: "key_file_open_to_others" });
    chmodSync(home, 0o755);
    await openSigner(home, NODE_KEY, never);
  });

  test.if(posix)("no key is written into a home that others can read", () => {
    mkdirSync(home);
    chmodSync(home, 0o755);
    expect(() => saveKey(home, NODE_KEY, "x")).toThrow("by other users");
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("an existing key is never overwritten", () => {
  test("one after the other", () => {
    const path = saveKey(home, NODE_KEY, "first");
    expect(() => assertNoKey(home, NODE_KEY)).toThrow("already");
    expect(() => saveKey(home, NODE_KEY, "second")).toThrow(expect.objectContaining({ code: "key_exists" }));
    expect(readFileSync(path, "utf8")).toBe("first");
  });

  test("two at once: exactly one wins", async () => {
    const script = `
      import { saveKey } from ${JSON.stringify(join(import.meta.dir, "key-store.ts"))};
      try { saveKey(${JSON.stringify(home)}, "node", process.argv[1] ?? ""); process.exit(0); }
      catch (error) { process.exit(error.code === "key_exists" ? 3 : 4); }`;
    const runs = ["a", "b"].map((text) => Bun.spawn([process.execPath, "-e", script, text]).exited);
    const codes = await Promise.all(runs);
    expect(codes.toSorted()).toEqual([0, 3]);
    expect(readFileSync(keyPath(home, NODE_KEY), "utf8")).toBe(codes[0] === 0 ? "a" : "b");
  });
});

describe("names", () => {
  test("path traversal by name is refused", () => {
    for (const name of ["../x", "a/b", "a\\b", "..", ".", "", "A", "a.json", "nul\0", "-x", "x".repeat(65)]) {
      expect(() => keyPath(home, name)).toThrow(expect.objectContaining({ code: "key_name_invalid" }));
    }
  });

  test("the list: the node's key first, a bad file with its reason, nothing else", async () => {
    expect(listKeys(home)).toEqual([]);
    saveKey(home, "b", await encryptKey(gatewayKey, password, { n: 2 }));
    saveKey(home, "a", "{}");
    saveKey(home, NODE_KEY, formatGoNodeKey(nodeKey));
    saveKey(home, "nostr", await encryptKey(gatewayKey, password, { n: 2, kind: "nostr" }));
    saveKey(home, "plain-nostr", formatGoNodeKey(gatewayKey, "nostr"));
    const { fxn, ...unlabelled } = JSON.parse(await encryptKey(gatewayKey, password, { n: 2 }));
    saveKey(home, "old", JSON.stringify(unlabelled));
    writeFileSync(join(home, "keys", "notes.txt"), "");
    writeFileSync(join(home, "keys", "Odd Name.json"), "");
    const keys = listKeys(home);
    expect(keys.map(({ name, encrypted, problem }) => [name, encrypted, problem !== undefined])).toEqual([
      ["node", false, false],
      ["a", undefined, true],
      ["b", true, false],
      ["nostr", true, false],
      ["old", true, false],
      ["plain-nostr", false, false],
    ]);
    const [nodes, gateways] = [nodeKey, gatewayKey].map((key) => signerFromKey(key).nostrPubkey());
    expect(keys.map(({ kind, nostrPubkey }) => [kind, nostrPubkey])).toEqual([
      ["ethereum", nodes],
      [undefined, undefined],
      ["ethereum", gateways],
      ["nostr", gateways],
      ["ethereum", undefined],
      ["nostr", gateways],
    ]);
    expect(keys.map(({ address }) => String(address))).toEqual([
      node.address.toLowerCase(),
      "undefined",
      ...Array(4).fill(gateway.address.toLowerCase()),
    ]);
  });
});
