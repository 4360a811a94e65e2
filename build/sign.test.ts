import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { parseMinisignKey, verifyMinisign } from "../src/lib/minisign.ts";
import { minisign, parseReleaseKey } from "./sign.ts";

const MESSAGE = Buffer.from("0123  fxn-1.0.0-linux-x64.tar.gz\n");
const COMMENT = "file:SHA256SUMS";

/** As `minisign -G -W` writes them. */
function keyFiles(seed = new Uint8Array(32).fill(7)): { secret: string; public: string } {
  const id = Buffer.from("fxn-test");
  const key = ed25519.getPublicKey(seed);
  const secret = Buffer.concat([id, seed, key]);
  const file = (bytes: Buffer) => `untrusted comment: a key\n${bytes.toString("base64")}\n`;
  return {
    secret: file(Buffer.concat([Buffer.from("Ed\0\0B2"), Buffer.alloc(48), secret, Buffer.alloc(32)])),
    public: file(Buffer.concat([Buffer.from("Ed"), id, key])),
  };
}

const files = keyFiles();
const key = parseMinisignKey(files.public);
const signed = minisign(MESSAGE, COMMENT, parseReleaseKey(files.secret));

describe("a signature of a release", () => {
  test("is taken, and its trusted comment is what was signed", () => {
    expect(verifyMinisign(MESSAGE, signed, key)).toBe(COMMENT);
  });

  test("a flipped byte anywhere in what was signed is refused", () => {
    for (let at = 0; at < MESSAGE.length; at++) {
      const other = Buffer.from(MESSAGE);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(() => verifyMinisign(other, signed, key)).toThrow("not of these bytes");
    }
  });

  test("a changed character anywhere in the signature is refused, but in its first line, which nobody vouches for", () => {
    const from = signed.indexOf("\n") + 1;
    fc.assert(
      fc.property(
        fc.integer({ min: from, max: signed.trimEnd().length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, other) => {
          fc.pre(signed[at] !== other);
          expect(() => verifyMinisign(MESSAGE, signed.slice(0, at) + other + signed.slice(at + 1), key)).toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  test("of another key is refused", () => {
    const other = parseMinisignKey(keyFiles(new Uint8Array(32).fill(8)).public);
    expect(() => verifyMinisign(MESSAGE, signed, other)).toThrow("not of these bytes");
    const renamed = { ...key, id: Buffer.from("another.") };
    expect(() => verifyMinisign(MESSAGE, signed, renamed)).toThrow("made with another key");
  });

  test.each(["", "x", signed.split("\n").slice(0, 3).join("\n"), `${signed}more\n`, signed.replace("RU", "RW")])(
    "%j is no signature, or a wrong one",
    (text) => expect(() => verifyMinisign(MESSAGE, text, key)).toThrow(),
  );
});

test("a secret key with a password, or a broken one, is refused, and nothing of it is shown", () => {
  const [comment, line = ""] = files.secret.split("\n");
  const broken = Buffer.from(line, "base64");
  broken[70] = (broken[70] ?? 0) ^ 1;
  const withPassword = Buffer.from(line, "base64");
  withPassword.write("Sc", 2);
  for (const bytes of [broken, withPassword, Buffer.alloc(3)]) {
    const text = bytes.toString("base64");
    let shown = "";
    try {
      parseReleaseKey(`${comment}\n${text}`);
    } catch (error) {
      shown = String(error);
    }
    expect(shown).toStartWith("Error: ");
    expect(shown).not.toContain(text);
  }
});

const missing = Bun.which("minisign") === null ? " (skipped: minisign is not installed)" : "";
describe.skipIf(missing !== "")(`minisign itself${missing}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fxn-minisign-"));
    writeFileSync(join(folder, "SHA256SUMS"), MESSAGE);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...words: string[]) => Bun.spawnSync(["minisign", ...words], { cwd: folder }).exitCode;
  const read = (name: string) => readFileSync(join(folder, name), "utf8");

  test("makes keys that we sign with, and takes our signatures", () => {
    expect(run("-G", "-W", "-p", "key.pub", "-s", "key.sec")).toBe(0);
    const ours = minisign(MESSAGE, COMMENT, parseReleaseKey(read("key.sec")));
    writeFileSync(join(folder, "SHA256SUMS.minisig"), ours);
    expect(run("-V", "-p", "key.pub", "-m", "SHA256SUMS")).toBe(0);
    writeFileSync(join(folder, "SHA256SUMS.minisig"), ours.replace(COMMENT, "file:OTHER"));
    expect(run("-V", "-p", "key.pub", "-m", "SHA256SUMS")).not.toBe(0);
  });

  test("makes signatures that we take", () => {
    expect(run("-S", "-s", "key.sec", "-m", "SHA256SUMS", "-t", "a comment")).toBe(0);
    expect(verifyMinisign(MESSAGE, read("SHA256SUMS.minisig"), parseMinisignKey(read("key.pub")))).toBe("a comment");
  });
});
