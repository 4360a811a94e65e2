// Shows that a release can be built again: builds it in another folder and compares the bytes. bun build/verify.ts [target …].
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const targets = process.argv.slice(2);

/** The sums of a build in that folder. */
function build(folder: string, out: string): string {
  const { exitCode } = Bun.spawnSync([process.execPath, "build/all.ts", ...targets, "--out", out], {
    cwd: folder,
    stdout: "inherit",
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`the build in ${folder} failed`);
  return readFileSync(join(out, "SHA256SUMS"), "utf8");
}

/** The sources as they are now, with what git ignores left out, and the packages. Nothing that was built comes along. */
function copyTo(folder: string): void {
  const listed = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT });
  if (listed.exitCode !== 0) throw new Error("this is no git checkout: what belongs to it cannot be told");
  for (const path of listed.stdout.toString().split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path));
  }
  // Whole: a link would lead back here.
  cpSync(join(ROOT, "node_modules"), join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
}

const elsewhere = mkdtempSync(join(tmpdir(), "fxn-built-again-"));
try {
  const first = build(ROOT, join(ROOT, "dist", "release"));
  copyTo(join(elsewhere, "fxn"));
  const second = build(join(elsewhere, "fxn"), join(elsewhere, "release"));
  if (first !== second) {
    console.error(`not the same:\n${first}\n${second}`);
    process.exitCode = 1;
  } else {
    console.log(`the same, byte for byte:\n${first.trimEnd()}`);
  }
} finally {
  rmSync(elsewhere, { recursive: true, force: true });
}
