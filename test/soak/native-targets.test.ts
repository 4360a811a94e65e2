// Every target's native library is compiled from this one machine, and is of that system's format.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
/** How a file of that format begins; of ELF also its machine, at byte 18. */
const FORMATS: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  "linux-x64": (bytes) => elf(bytes) && bytes.readUInt16LE(18) === 62,
  "linux-x64-musl": (bytes) => elf(bytes) && bytes.readUInt16LE(18) === 62,
  "linux-arm64": (bytes) => elf(bytes) && bytes.readUInt16LE(18) === 183,
  "linux-arm64-musl": (bytes) => elf(bytes) && bytes.readUInt16LE(18) === 183,
  "darwin-x64": (bytes) => machO(bytes) && bytes.readUInt32LE(4) === 0x0100_0007,
  "darwin-arm64": (bytes) => machO(bytes) && bytes.readUInt32LE(4) === 0x0100_000c,
  "windows-x64": (bytes) => bytes.toString("latin1", 0, 2) === "MZ",
  wasm: (bytes) => bytes.toString("latin1", 0, 4) === "\0asm",
};
const SYMBOLS = {
  matrix: ["fxn_product_start", "fxn_exact_rows", "fxn_freivalds"],
  secp256k1: ["fxn_known", "fxn_recover", "fxn_schnorr"],
};
const elf = (bytes: Buffer) => bytes.toString("latin1", 0, 4) === "\x7fELF";
const machO = (bytes: Buffer) => bytes.readUInt32LE(0) === 0xfeed_facf;

test("every target", async () => {
  const child = Bun.spawn([process.execPath, "build/native.ts", "all"], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "pipe",
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const [target, fits] of Object.entries(FORMATS)) {
    for (const [library, symbols] of Object.entries(SYMBOLS)) {
      const bytes = readFileSync(join(ROOT, "dist/native", target, `${library}.bin`));
      expect([target, library, fits(bytes)]).toEqual([target, library, true]);
      for (const symbol of symbols) expect([target, symbol, bytes.includes(symbol)]).toEqual([target, symbol, true]);
    }
  }
}, 600_000);
