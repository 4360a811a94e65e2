// Releases as the build makes them, small and at once, signed by a throw-away key.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { tarGz } from "../../build/archive.ts";
import { minisign } from "../../build/sign.ts";
import { hostTarget } from "../../build/targets.ts";
import { FIXES } from "../../src/update/release.ts";

interface SigningKey {
  readonly id: Uint8Array;
  readonly seed: Uint8Array;
  /** As minisign prints it. */
  readonly publicKey: string;
}

export function signingKey(fill = 7): SigningKey {
  const [id, seed] = [Buffer.from("fxn-test"), new Uint8Array(32).fill(fill)];
  const bytes = Buffer.concat([Buffer.from("Ed"), id, ed25519.getPublicKey(seed)]);
  return { id, seed, publicKey: bytes.toString("base64") };
}

export interface ReleaseWish {
  readonly version: string;
  /** Default: a script that says the version. */
  readonly program?: Uint8Array;
  readonly key?: SigningKey;
  /** Versions that mend a hole, as SECURITY-FIXES.txt has them; default: there is no such file. */
  readonly fixes?: readonly string[];
  /** What stands in SHA256SUMS, from what should. */
  readonly sums?: (right: string) => string;
}

/** @returns the name of the archive, which is of this machine's target */
export async function writeRelease(
  folder: string,
  { version, program, key, fixes, sums }: ReleaseWish,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const name = `fxn-${version}-${hostTarget().name}`;
  const bytes = program ?? Buffer.from(`#!/bin/sh\necho ${version}\n`);
  const files = [
    { name: "LICENSE", bytes: Buffer.from("a licence\n"), executable: false },
    { name: "fxn", bytes, executable: true },
  ];
  const archive = await tarGz(name, files, 0);
  const file = `${name}.tar.gz`;
  writeFileSync(join(folder, file), archive);
  const hash = new Bun.CryptoHasher("sha256").update(archive).digest("hex");
  const others = [`fxn-${version}-windows-x64.zip`, "install.sh"].map((other) => `${"0".repeat(64)}  ${other}\n`);
  if (fixes) {
    const text = `# Versions that mend a hole.\n${fixes.map((fixed) => `${fixed} a hole\n`).join("")}`;
    writeFileSync(join(folder, FIXES), text);
    others.push(`${new Bun.CryptoHasher("sha256").update(text).digest("hex")}  ${FIXES}\n`);
  }
  const right = `${hash}  ${file}\n${others.join("")}`;
  writeFileSync(join(folder, "SHA256SUMS"), sums ? sums(right) : right);
  signRelease(folder, key);
  return file;
}

/** Signs what lies there as SHA256SUMS. */
export function signRelease(folder: string, key = signingKey()): void {
  const sums = join(folder, "SHA256SUMS");
  writeFileSync(`${sums}.minisig`, minisign(readFileSync(sums), "file:SHA256SUMS", key));
}
