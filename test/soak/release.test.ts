// A release: built twice in two folders it is the same, and the file for arm64 runs, on an emulated processor.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const EMULATOR = Bun.which("qemu-aarch64-static");
/** Debian's libc6-arm64-cross. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
const missing = EMULATOR && existsSync(LIBRARIES) ? "" : " (skipped: no qemu-user-static and libc6-arm64-cross)";

test("the archive of linux-arm64 is the same, byte for byte, wherever it is built", async () => {
  const child = Bun.spawn([process.execPath, "build/verify.ts", "linux-arm64"], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "inherit",
  });
  const said = await new Response(child.stdout).text();
  expect([await child.exited, said]).toEqual([0, expect.stringContaining("the same, byte for byte")]);
  expect(said).toMatch(/^[0-9a-f]{64} {2}fxn-.*-linux-arm64\.tar\.gz$/m);
});

test.skipIf(missing !== "")(`the file for arm64 answers on its processor${missing}`, () => {
  const file = join(ROOT, "dist/build/linux-arm64/fxn");
  const run = (...words: string[]) => Bun.spawnSync([EMULATOR ?? "", "-L", LIBRARIES, file, ...words]);
  expect(run("--version").stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { exitCode, stdout } = run("challenge", "list");
  expect([exitCode, stdout.toString()]).toEqual([0, expect.stringContaining("MATRIX_PROOF")]);
});
