// A release of a test's own making, in a folder: archive, SHA256SUMS and signature by the real packer and signer.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { type PackedFile, tarGz, zip } from "../../build/archive.ts";
import { minisign, parseReleaseKey } from "../../build/sign.ts";
import { hostTarget } from "../../build/targets.ts";

/** As `minisign -G -W` writes them. */
export function keyFiles(seed = new Uint8Array(32).fill(7)): { secret: string; public: string } {
  const id = Buffer.from("fxn-test");
  const key = ed25519.getPublicKey(seed);
  const secret = Buffer.concat([id, seed, key]);
  const file = (bytes: Buffer) => `untrusted comment: a key\n${bytes.toString("base64")}\n`;
  return {
    secret: file(Buffer.concat([Buffer.from("Ed\0\0B2"), Buffer.alloc(48), secret, Buffer.alloc(32)])),
    public: file(Buffer.concat([Buffer.from("Ed"), id, key])),
  };
}

/** The key as one word on a command line. */
export const PUBLIC_KEY = keyFiles().public.trim().split("\n").at(-1) ?? "";

export interface MadeRelease {
  readonly archive: string;
}

/** @param program the bytes of the released file, for this machine */
export async function makeRelease(folder: string, version: string, program: Uint8Array): Promise<MadeRelease> {
  mkdirSync(folder, { recursive: true });
  const target = hostTarget();
  const files: PackedFile[] = [
    { name: target.executable, bytes: program, executable: true },
    { name: "LICENSE", bytes: Buffer.from("MIT\n"), executable: false },
  ];
  const name = `fxn-${version}-${target.name}`;
  const bytes = target.archive === "zip" ? zip(name, files) : await tarGz(name, files);
  const archive = `${name}.${target.archive}`;
  writeFileSync(join(folder, archive), bytes);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  signSums(folder, `${sha256}  ${archive}\n`);
  return { archive };
}

export function signSums(folder: string, sums: string): void {
  writeFileSync(join(folder, "SHA256SUMS"), sums);
  const signature = minisign(Buffer.from(sums), "file:SHA256SUMS", parseReleaseKey(keyFiles().secret));
  writeFileSync(join(folder, "SHA256SUMS.minisig"), signature);
}
