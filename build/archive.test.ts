import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PackedFile, tarGz, zip } from "./archive.ts";

const FILES: readonly PackedFile[] = [
  { name: "fxn", bytes: Buffer.from("\x7fELF and so on"), executable: true },
  { name: "LICENSE", bytes: Buffer.from("Ä licence\n"), executable: false },
  { name: "empty", bytes: new Uint8Array(0), executable: false },
];

/** Each archive, and the program of the system that unpacks it. */
const KINDS = [
  { kind: "tar.gz", pack: tarGz, program: "tar", words: ["-xzf"] },
  {
    kind: "zip",
    pack: async (folder: string, files: readonly PackedFile[]) => zip(folder, files),
    program: "unzip",
    words: ["-q"],
  },
];

for (const { kind, pack, program, words } of KINDS) {
  const missing = Bun.which(program) === null ? " (skipped: not installed)" : "";
  describe(kind, () => {
    test("the same files give the same bytes, in any time zone", async () => {
      const first = await pack("fxn-1.0.0", FILES);
      const zone = process.env.TZ;
      process.env.TZ = "Pacific/Kiritimati";
      const second = await pack("fxn-1.0.0", FILES);
      process.env.TZ = zone ?? "UTC";
      expect(Buffer.from(second).equals(first)).toBeTrue();
    });

    test.skipIf(missing !== "")(`${program} finds the files in it, one of them a program${missing}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "fxn-archive-"));
      const path = join(folder, `archive.${kind}`);
      writeFileSync(path, await pack("fxn-1.0.0", FILES));
      const { exitCode } = Bun.spawnSync([program, ...words, path], { cwd: folder });
      expect(exitCode).toBe(0);
      for (const { name, bytes, executable } of FILES) {
        const file = join(folder, "fxn-1.0.0", name);
        expect(readFileSync(file).equals(bytes)).toBeTrue();
        expect(statSync(file).mode & 0o777).toBe(executable ? 0o755 : 0o644);
        expect(statSync(file).mtime.getUTCFullYear()).toBeLessThan(1981);
      }
      rmSync(folder, { recursive: true });
    });
  });
}
