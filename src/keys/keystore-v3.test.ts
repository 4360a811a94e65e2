// The keystore against the format's own examples, against damage, and against files made to hurt.
import { describe, expect, test } from "bun:test";
import { createCipheriv } from "node:crypto";
import { scrypt } from "@noble/hashes/scrypt.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import blindference from "../../test/vectors/blindference.json";
import vectors from "../../test/vectors/keystore.json";
import { Secret } from "../core/secret.ts";
import { parseKeystore } from "./keystore-format.ts";
import { decryptKeystore, encryptKey } from "./keystore-v3.ts";
import { signerFromKey } from "./signer.ts";

const key = Buffer.from(vectors.privateKey, "hex");
const password = new Secret(vectors.password);
const wrong = new Secret("testpasswore");
/** Cheap enough to run hundreds of times. */
const n = 2;

interface Json {
  [name: string]: unknown;
}
type Crypto = { cipherparams: { iv: string }; ciphertext: string; mac: string; kdfparams: Json; kdf: string };
interface KeystoreJson extends Json {
  crypto: Crypto;
}

const open = (json: unknown, secret = password) => decryptKeystore(parseKeystore(json, "k.json"), secret, "k.json");
async function made(options: { random?: (length: number) => Uint8Array } = {}): Promise<KeystoreJson> {
  return JSON.parse(await encryptKey(key, password, { n, ...options }));
}

describe("the format's own examples", () => {
  for (const [kdf, keystore] of Object.entries(vectors.keystores)) {
    test(kdf, async () => {
      expect(Buffer.from(await open(keystore)).toString("hex")).toBe(vectors.privateKey);
    });
  }

  test("a wrong password is refused", async () => {
    await expect(open(vectors.keystores.pbkdf2, wrong)).rejects.toMatchObject({ code: "key_wrong_password" });
  });
});

describe("keystores of Blindference's node", () => {
  test.each(blindference.keystore_v3)("$name", async ({ keystore, password: words, private_key: expected }) => {
    const opened = await open(keystore, new Secret(words));
    expect(`0x${Buffer.from(opened).toString("hex")}`).toBe(expected);
    // As older writers spell it: the same keystore, so the same key, without seconds of scrypt once more.
    const { crypto, ...rest } = keystore;
    expect(parseKeystore({ ...rest, Crypto: crypto }, "k.json")).toEqual(parseKeystore(keystore, "k.json"));
  });
});

test("whoever computes scrypt, the runtime or noble, the key is the same on both sides of the runtime's limit", async () => {
  for (const [at, r] of [
    [32_768, 1],
    [65_536, 1],
    [65_536, 2],
  ] as const) {
    const keystore = await made();
    const salt = Buffer.from(String(keystore.crypto.kdfparams.salt), "hex");
    const derived = scrypt(Buffer.from(vectors.password), salt, { N: at, r, p: 1, dkLen: 32 });
    const ciphertext = createCipheriv(
      "aes-128-ctr",
      derived.subarray(0, 16),
      Buffer.from(keystore.crypto.cipherparams.iv, "hex"),
    ).update(key);
    const mac = keccak_256(Buffer.concat([derived.subarray(16), ciphertext]));
    Object.assign(keystore.crypto, { ciphertext: ciphertext.toString("hex"), mac: Buffer.from(mac).toString("hex") });
    Object.assign(keystore.crypto.kdfparams, { n: at, r });
    expect(await open(keystore)).toEqual(key);
  }
});

describe("what we write", () => {
  test("the product's default costs what geth's standard does, and opens again", async () => {
    const keystore = JSON.parse(await encryptKey(key, password));
    expect(keystore.crypto.kdfparams).toMatchObject({ n: 262_144, r: 8, p: 1, dklen: 32 });
    expect(keystore.version).toBe(3);
    expect(keystore.address).toBe(vectors.address.slice(2).toLowerCase());
    expect(keystore.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await open(keystore)).toEqual(key);
  });

  test("salt and IV are new each time, and the key is nowhere in the text", async () => {
    const [one, two] = [await made(), await made()];
    expect(one.crypto.kdfparams.salt).not.toBe(two.crypto.kdfparams.salt);
    expect(one.crypto.cipherparams.iv).not.toBe(two.crypto.cipherparams.iv);
    expect(JSON.stringify(one)).not.toContain(vectors.privateKey);
  });

  test("a member of ours says what the key is for and its Nostr public key; all else is as the format has it", async () => {
    const { fxn, ...rest } = await made();
    expect(fxn).toEqual({ kind: "ethereum", nostrPubkey: signerFromKey(key).nostrPubkey() });
    expect(Object.keys(rest).sort()).toEqual(["address", "crypto", "id", "version"]);
    const { cipherparams, kdfparams, ...crypto } = rest.crypto;
    expect(Object.keys(cipherparams)).toEqual(["iv"]);
    expect(Object.keys(kdfparams).sort()).toEqual(["dklen", "n", "p", "r", "salt"]);
    expect(Object.keys(crypto).sort()).toEqual(["cipher", "ciphertext", "kdf", "mac"]);
    expect(await open(rest)).toEqual(key);
    expect(JSON.parse(await encryptKey(key, password, { n, kind: "nostr" })).fxn.kind).toBe("nostr");
  });

  test("a password counts as UTF-8 as it was typed, not normalised", async () => {
    const composed = new Secret("caf\u00e9");
    const keystore = JSON.parse(await encryptKey(key, composed, { n }));
    expect(await open(keystore, composed)).toEqual(key);
    await expect(open(keystore, new Secret("cafe\u0301"))).rejects.toMatchObject({ code: "key_wrong_password" });
  });
});

describe("other writers", () => {
  test("Crypto with a capital, 0x and capital hex, no address, unknown fields", async () => {
    const { crypto, ...rest } = await made();
    expect(await open({ ...rest, Crypto: crypto })).toEqual(key);
    expect(await open({ ...rest, crypto, address: vectors.address, "x-ethers": {} })).toEqual(key);
    expect(await open({ version: 3, crypto: { ...crypto, mac: `0x${crypto.mac.toUpperCase()}` } })).toEqual(key);
  });

  test("an IV without its leading zeros, as eth-account writes it", async () => {
    const random = (length: number) => new Uint8Array(length).map((_, at) => (at < 2 ? 0 : at));
    const keystore = await made({ random });
    const short = keystore.crypto.cipherparams.iv.replace(/^0+/, "");
    expect(short.length).toBe(27);
    keystore.crypto.cipherparams.iv = short;
    expect(await open(keystore)).toEqual(key);
  });
});

describe("damage never yields a wrong key", () => {
  const fields = [
    ["mac", "key_wrong_password"],
    ["ciphertext", "key_wrong_password"],
    ["salt", "key_wrong_password"],
    ["iv", "key_file_invalid"],
    ["address", "key_file_invalid"],
    ["nostrPubkey", "key_file_invalid"],
  ] as const;

  for (const [name, code] of fields) {
    test(`every digit of the ${name}`, async () => {
      const text = JSON.stringify(await made());
      const value = new RegExp(`"${name}":"([0-9a-f]+)"`).exec(text)!;
      const first = value.index + value[0].length - 1 - value[1]!.length;
      for (let at = first; at < first + value[1]!.length; at++) {
        const damaged = text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
        await expect(open(JSON.parse(damaged))).rejects.toMatchObject({ code });
      }
    });
  }

  test("other parameters than those it was made with", async () => {
    const original = await made();
    for (const change of [{ n: 4 }, { r: 9 }, { p: 2 }]) {
      const copy = structuredClone(original);
      Object.assign(copy.crypto.kdfparams, change);
      await expect(open(copy)).rejects.toMatchObject({ code: "key_wrong_password" });
    }
  });
});

describe("a hostile file is refused before any work", () => {
  const cases: Record<string, (json: KeystoreJson) => void> = {
    "memory: n of 2^40": (json) => Object.assign(json.crypto.kdfparams, { n: 2 ** 40 }),
    "memory: n·r of 8 GiB": (json) => Object.assign(json.crypto.kdfparams, { n: 2 ** 20, r: 64 }),
    "memory: r of a million": (json) => Object.assign(json.crypto.kdfparams, { r: 1_000_000 }),
    "time: p of a million": (json) => Object.assign(json.crypto.kdfparams, { p: 1_000_000 }),
    "time: n·r·p": (json) => Object.assign(json.crypto.kdfparams, { n: 2 ** 20, r: 8, p: 64 }),
    "n that is no power of two": (json) => Object.assign(json.crypto.kdfparams, { n: 262_143 }),
    "n of zero": (json) => Object.assign(json.crypto.kdfparams, { n: 0 }),
    "n of one": (json) => Object.assign(json.crypto.kdfparams, { n: 1 }),
    "n that is negative": (json) => Object.assign(json.crypto.kdfparams, { n: -8 }),
    "n with a fraction": (json) => Object.assign(json.crypto.kdfparams, { n: 2.5 }),
    "n as text": (json) => Object.assign(json.crypto.kdfparams, { n: "2" }),
    "dklen of a gigabyte": (json) => Object.assign(json.crypto.kdfparams, { dklen: 2 ** 30 }),
    "dklen too short for a MAC": (json) => Object.assign(json.crypto.kdfparams, { dklen: 16 }),
    "pbkdf2 of a billion rounds": (json) =>
      Object.assign(json.crypto, {
        kdf: "pbkdf2",
        kdfparams: { ...json.crypto.kdfparams, c: 1e9, prf: "hmac-sha256" },
      }),
    "pbkdf2 of no rounds": (json) =>
      Object.assign(json.crypto, { kdf: "pbkdf2", kdfparams: { ...json.crypto.kdfparams, c: 0, prf: "hmac-sha256" } }),
    "another kdf": (json) => Object.assign(json.crypto, { kdf: "argon2" }),
    "another cipher": (json) => Object.assign(json.crypto, { cipher: "aes-128-cbc" }),
    "a salt that is no hex": (json) => Object.assign(json.crypto.kdfparams, { salt: "zz" }),
    "no salt": (json) => Object.assign(json.crypto.kdfparams, { salt: "" }),
    "an IV too long": (json) => Object.assign(json.crypto.cipherparams, { iv: "00".repeat(17) }),
    "a ciphertext too short": (json) => Object.assign(json.crypto, { ciphertext: "00".repeat(31) }),
    "a ciphertext too long": (json) => Object.assign(json.crypto, { ciphertext: "00".repeat(33) }),
    "a mac too short": (json) => Object.assign(json.crypto, { mac: "00".repeat(31) }),
    "version 1": (json) => Object.assign(json, { version: 1 }),
    "a label of another kind": (json) => Object.assign(json, { fxn: { kind: "x", nostrPubkey: "00".repeat(32) } }),
    "a label without its public key": (json) => Object.assign(json, { fxn: { kind: "nostr" } }),
    "a label whose public key is none": (json) => Object.assign(json, { fxn: { kind: "nostr", nostrPubkey: "npub1" } }),
    "a label that is text": (json) => Object.assign(json, { fxn: "nostr" }),
    "an address that is none": (json) => Object.assign(json, { address: "0x12" }),
    "__proto__ for crypto": (json) => {
      json.crypto = JSON.parse(`{"__proto__":${JSON.stringify(json.crypto)}}`);
    },
  };
  for (const [name, spoil] of Object.entries(cases)) {
    test(name, async () => {
      const json = await made();
      spoil(json);
      const start = performance.now();
      expect(() => parseKeystore(json, "k.json")).toThrow("k.json is no usable keystore");
      expect(performance.now() - start).toBeLessThan(50);
    });
  }

  test("what is no object", () => {
    for (const json of [null, 1, "x", [], true])
      expect(() => parseKeystore(json, "k.json")).toThrow("no usable keystore");
  });
});

const opens = "import sys, eth_account; print(eth_account.Account.decrypt(sys.stdin.read(), sys.argv[1]).hex())";
const python = (program: string, input = "") =>
  Bun.spawnSync(["python3", "-c", program, vectors.password], { stdin: Buffer.from(input), stderr: "ignore" });
const there = Bun.which("python3") !== null && python("import eth_account").exitCode === 0;
const missing = there ? "" : " (skipped: python3 with eth-account is not installed)";
test.skipIf(!there)(`eth-account opens what we write${missing}`, async () => {
  for (const kind of ["ethereum", "nostr"] as const) {
    const shown = python(opens, await encryptKey(key, password, { n, kind })).stdout.toString();
    expect(shown.trim().replace(/^0x/, "")).toBe(vectors.privateKey);
  }
});
