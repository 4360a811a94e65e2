// Every form a key may come in, and what a wrong one is told without being printed.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import vectors from "../../test/vectors/function.json";
import nostr from "../../test/vectors/nostr-keys.json";
import { FxnError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { formatGoNodeKey } from "./go-nodekey.ts";
import { readImport } from "./import.ts";
import { encryptKey } from "./keystore-v3.ts";
import { formatNsec } from "./nsec.ts";

const hex = vectors.keys.node.privateKey;
const key = Buffer.from(hex, "hex");
/** The phrase of every development chain; its accounts are public knowledge. */
const phrase = "test test test test test test test test test test test junk";
const phraseKeys = [
  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
  "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
];

const never = async (): Promise<Secret> => {
  throw new Error("no password was needed");
};
async function read(text: string, { password = never, accountIndex = 0 } = {}) {
  const { form, kind, unlock } = readImport(text, { where: "k.txt", accountIndex });
  return { form, kind, key: await unlock(password) };
}
const readHex = async (...args: Parameters<typeof read>) => Buffer.from((await read(...args)).key).toString("hex");

async function refusal(text: string): Promise<FxnError> {
  const error = await read(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FxnError) return error;
  throw new Error(`not refused: ${error}`);
}

describe("forms", () => {
  test("nodekey.json of the Go node", async () => {
    expect(await read(formatGoNodeKey(key))).toEqual({ key, form: "nodekey", kind: "ethereum" });
    expect(await read(formatGoNodeKey(key, "nostr"))).toEqual({ key, form: "nodekey", kind: "nostr" });
  });

  test("a v3 keystore, with its own password", async () => {
    const text = await encryptKey(key, new Secret("geth"), { n: 2 });
    expect(await read(text, { password: async () => new Secret("geth") })).toEqual({
      key,
      form: "keystore",
      kind: "ethereum",
    });
    const wrong = read(text, { password: async () => new Secret("fxn") });
    await expect(wrong).rejects.toMatchObject({ code: "key_wrong_password" });
  });

  test("hex with and without 0x, in any case, with space around", async () => {
    const mixed = "AbCdEf0123456789".repeat(4);
    for (const text of [hex, `0x${hex}`, ` ${hex}\n`, `\ufeff${hex}\r\n`]) expect(await readHex(text)).toBe(hex);
    expect(await readHex(`0X${mixed}`)).toBe(mixed.toLowerCase());
  });

  test("nsec, in small letters or in capitals; it says that the key is for Nostr", async () => {
    for (const { nsec, privateKeyHex } of Object.values(nostr.keys)) {
      expect(formatNsec(Buffer.from(privateKeyHex, "hex"))).toBe(nsec);
      for (const text of [nsec, nsec.toUpperCase(), ` ${nsec}\r\n`]) {
        const { key, ...rest } = await read(text);
        expect([Buffer.from(key).toString("hex"), rest]).toEqual([privateKeyHex, { form: "nsec", kind: "nostr" }]);
      }
    }
  });

  test("a recovery phrase, its account by index, however it is spaced", async () => {
    expect(await readHex(phrase)).toBe(phraseKeys[0]!);
    expect(await readHex(phrase, { accountIndex: 1 })).toBe(phraseKeys[1]!);
    expect(await readHex(`  ${phrase.toUpperCase().replaceAll(" ", "\n ")}\n`)).toBe(phraseKeys[0]!);
  });
});

describe("refusals name what was seen", () => {
  const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  const nsec = nostr.keys.node.nsec;
  const slip = (text: string) => text.replace(/.$/, (last) => (last === "q" ? "p" : "q"));
  const cases: [name: string, text: string, code: string, message: string][] = [
    ["nothing", " \n", "key_import_unknown", "empty"],
    ["hex too short", hex.slice(1), "key_import_unknown", "63 hex digits"],
    ["an address", vectors.keys.node.address, "key_import_unknown", "40 hex digits, as an address has"],
    ["a public key", vectors.keys.node.publicKeyUncompressed, "key_import_unknown", "as a public key has"],
    ["a key of zero", "0".repeat(64), "key_invalid", "zero"],
    ["a key of the curve's order", order, "key_invalid", "too large"],
    ["a compressed public key", `02${hex}`, "key_import_unknown", "66 hex digits, as a public key has"],
    ...nostr.notPrivate.map(({ name, value }): (typeof cases)[number] => [name, value, "key_import_unknown", "npub"]),
    ["nsec with a slip", slip(nsec), "key_import_unknown", "typing mistake: its checksum"],
    ["NSEC with a slip", slip(nsec).toUpperCase(), "key_import_unknown", "typing mistake: its checksum"],
    ["nsec with a letter that it never has", nsec.replace(/.$/, "b"), "key_import_unknown", "typing mistake"],
    ["nsec in capitals and small letters", nsec.replace("n", "N"), "key_import_unknown", "capital and small"],
    ["nsec cut short", nsec.slice(0, -2), "key_import_unknown", "61 characters, not 63"],
    ["nsec of nothing", "nsec1", "key_import_unknown", "5 characters, not 63"],
    ["nsec of zero", formatNsec(new Uint8Array(32)), "key_invalid", "zero"],
    ["nsec as a link", `nostr:${nsec}`, "key_import_unknown", "nostr: before an nsec"],
    ["ncryptsec", `ncryptsec1${"q".repeat(150)}`, "key_import_unknown", "under a password"],
    ["another thing of Nostr's", "note1qqqsyqcyq5", "key_import_unknown", "note;"],
    ["11 words", phrase.slice(5), "key_import_unknown", "11 words"],
    ["12 words with a wrong checksum", phrase.replace("junk", "test"), "key_import_unknown", "recovery phrase"],
    ["a word of no list", phrase.replace("junk", "jjunk"), "key_import_unknown", "recovery phrase"],
    ["JSON of another kind", `{"a":1}`, "key_file_invalid", "neither"],
    ["broken JSON", `{"private_key":"${hex}"`, "key_file_invalid", "neither"],
    ["prose", "What key? This one!", "key_import_unknown", "no key in a known form"],
  ];
  for (const [name, text, code, message] of cases) {
    test(name, async () => {
      const error = await refusal(text);
      expect(error.code).toBe(code);
      expect(error.message).toContain(message);
      expect(error.hint).toBeTruthy();
    });
  }

  test("any text: a key or a typed refusal that does not quote it", async () => {
    const texts = fc.oneof(
      fc.string({ minLength: 20 }),
      fc.json(),
      fc.stringMatching(/^(0x)?[0-9a-f]{20,140}$/),
      fc.stringMatching(/^(nostr:)?n(sec|pub|cryptsec)1[02-9ac-hj-np-zA-Z]{20,70}$/),
      fc
        .array(fc.constantFrom(...phrase.split(" "), "zoo", "abandon"), { minLength: 12 })
        .map((words) => words.join(" ")),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        try {
          expect((await read(text)).key.length).toBe(32);
        } catch (error) {
          if (!(error instanceof FxnError)) throw error;
          if (text.trim().length >= 20) expect(Bun.inspect(error, { depth: 9 })).not.toContain(text.trim());
        }
      }),
      { numRuns: 200 },
    );
  });
});
