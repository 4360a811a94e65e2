// Signs a file as `minisign -S` does, with a key that `minisign -G -W` made: bun build/sign.ts <file>, key in $FXN_RELEASE_KEY.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";

// Where things lie in a secret key: algorithms of key, password and checksum, the password's salt and cost, then these, then a checksum.
const [ID_AT, SECRET_AT, SECRET_END, KEY_BYTES] = [54, 62, 126, 158];
const NO_PASSWORD = "Ed\0\0B2";

interface ReleaseKey {
  readonly id: Uint8Array;
  /** 32 bytes, from which the pair is made. */
  readonly seed: Uint8Array;
}

/** @param text of the key file, or its second line. Throws an Error that shows nothing of it. */
export function parseReleaseKey(text: string): ReleaseKey {
  const bytes = Buffer.from(text.trim().split(/\r?\n/).at(-1) ?? "", "base64");
  if (bytes.length !== KEY_BYTES || bytes.toString("latin1", 0, 6) !== NO_PASSWORD)
    throw new Error("that is no secret key of minisign without a password (minisign -G -W)");
  const [id, secret] = [bytes.subarray(ID_AT, SECRET_AT), bytes.subarray(SECRET_AT, SECRET_END)];
  const [seed, publicKey] = [secret.subarray(0, 32), secret.subarray(32)];
  // Without a password minisign leaves the checksum empty; but the second half follows from the first.
  if (!publicKey.equals(ed25519.getPublicKey(seed))) throw new Error("the secret key is damaged");
  return { id, seed };
}

/** @returns the text of the .minisig file @param comment is signed too */
export function minisign(message: Uint8Array, comment: string, { id, seed }: ReleaseKey): string {
  const signature = ed25519.sign(blake2b(message, { dkLen: 64 }), seed);
  const global = ed25519.sign(Buffer.concat([signature, Buffer.from(comment)]), seed);
  const lines = [
    "untrusted comment: signature of an fxn release",
    Buffer.concat([Buffer.from("ED"), id, signature]).toString("base64"),
    `trusted comment: ${comment}`,
    Buffer.from(global).toString("base64"),
  ];
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) {
  const [file = "dist/release/SHA256SUMS"] = process.argv.slice(2);
  const key = process.env.FXN_RELEASE_KEY;
  if (!key) {
    console.error("FXN_RELEASE_KEY is not set: it holds the secret key's file, or its second line");
    process.exit(2);
  }
  writeFileSync(`${file}.minisig`, minisign(readFileSync(file), `file:${basename(file)}`, parseReleaseKey(key)));
  console.log(`${file}.minisig`);
}
