import { describe, expect, test } from "bun:test";
import { Secret } from "../core/secret.ts";
import { encryptWallet } from "./argon2-wallet.ts";
import { parseKeyFile } from "./key-file.ts";
import { FIRST_ACCOUNT, keyFromMnemonic, newMnemonic } from "./mnemonic.ts";
import { signerFromKey } from "./signer.ts";

const KEY = Buffer.alloc(32, 7);
const PASSWORD = new Secret("correct horse");
const CHEAP = { memoryKiB: 64, passes: 1, parallelism: 1 };
const opened = (text: string, password = PASSWORD) => parseKeyFile(text, "w.json").unlock(async () => password);
const file = (options: object = {}) => encryptWallet(KEY, PASSWORD, { cost: CHEAP, ...options });

describe("a key under Argon2id and AES-256-GCM", () => {
  test("is opened by its password alone, and tells address, kind and public key without it", async () => {
    const text = await file();
    expect(text).not.toContain(KEY.toString("hex"));
    expect(Buffer.from(await opened(text))).toEqual(KEY);
    const { address, nostrPubkey } = signerOf();
    expect(parseKeyFile(text, "w.json")).toMatchObject({ encrypted: true, address, kind: "ethereum", nostrPubkey });
    await expect(opened(text, new Secret("wrong"))).rejects.toMatchObject({ code: "key_wrong_password" });
  });

  test("by default with RFC 9106's second choice", async () => {
    const text = await encryptWallet(KEY, PASSWORD);
    expect(JSON.parse(text).crypto.kdfparams).toMatchObject({ memoryKiB: 65_536, passes: 3, parallelism: 4 });
    expect(Buffer.from(await opened(text))).toEqual(KEY);
  });

  test("attack: whatever is changed in the file, no other key and no other name comes out", async () => {
    const text = await file();
    const { address } = signerOf();
    for (const [from, to] of mutations(text)) {
      const changed = text.replace(from, to);
      const key = await Promise.resolve()
        .then(() => opened(changed))
        .catch((error) => error);
      expect({ from, to, code: key.code }).toMatchObject({ code: expect.stringMatching(/^key_/) });
    }
    expect(parseKeyFile(text, "w.json").address).toBe(address);
  });

  test("attack: a file that asks for all the memory or time there is", async () => {
    const text = await file();
    for (const params of [`"memoryKiB": 2000000`, `"memoryKiB": 0`, `"memoryKiB": 1048576, "x": 0`]) {
      const hostile = text.replace(`"memoryKiB": 64`, params).replace(`"passes": 1`, `"passes": 100`);
      expect(() => parseKeyFile(hostile, "w.json")).toThrow("no key file of this kind");
    }
  });
});

function signerOf() {
  const { address, nostrPubkey } = signerFromKey(KEY);
  return { address, nostrPubkey: nostrPubkey() };
}

/** One digit of every value that is hex, and the words. */
function mutations(text: string): [string, string][] {
  const hex = [...text.matchAll(/"(0x)?([0-9a-f]{24,})"/g)].map(([all, , digits = ""]): [string, string] => {
    const flipped = digits.startsWith("0") ? "1" : "0";
    return [all, all.replace(digits, flipped + digits.slice(1))];
  });
  expect(hex.length).toBe(6);
  return [...hex, [`"kind": "ethereum"`, `"kind": "nostr"`], [`"passes": 1`, `"passes": 2`]];
}

describe("recovery phrases", () => {
  // The key that Hardhat and Anvil make of this phrase, and every wallet.
  test("the well-known test phrase gives the well-known account", async () => {
    const key = await keyFromMnemonic(new Secret("test test test test test test test test test test test junk"));
    expect(signerFromKey(key).checksumAddress).toBe("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    expect(FIRST_ACCOUNT).toBe("m/44'/60'/0'/0/0");
  });

  test("case and white space are a person's; a wrong word is refused, and not repeated", async () => {
    const words = newMnemonic().reveal();
    expect(words.split(" ").length).toBe(24);
    const key = await keyFromMnemonic(new Secret(words));
    expect(await keyFromMnemonic(new Secret(`  ${words.toUpperCase().replaceAll(" ", "\n ")} `))).toEqual(key);
    const wrong = keyFromMnemonic(new Secret(words.replace(/\S+$/, "wombat")));
    await expect(wrong).rejects.toMatchObject({ code: "key_invalid", message: expect.not.stringContaining("wombat") });
  });
});
