// Somebody who installs: a release to install from, a folder where an older fxn lies, and the script run as they would run it.
import { expect } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTarget } from "../../build/targets.ts";
import { signingKey, writeRelease } from "./release.ts";

export const SCRIPT = join(import.meta.dir, "../../build/install/install.sh");
export const KEY = signingKey().publicKey;
const OLD = "#!/bin/sh\necho 1.0.0\n";

/** What the script may use, but for what checks and what downloads. */
export const TOOLS =
  "id uname mktemp mkdir rm rmdir cp mv chmod cut head tail tr wc sort cat od sed grep tar gzip ldd sh".split(" ");

export const skipped = (name: string) => (Bun.which(name) ? "" : ` (skipped: ${name} is not installed)`);
const openssl = /^OpenSSL ([3-9]|\d\d)/.test(Bun.spawnSync(["sh", "-c", "openssl version"]).stdout.toString());
export const VERIFIERS = [
  { name: "minisign", missing: skipped("minisign") },
  { name: "openssl", missing: openssl ? "" : " (skipped: OpenSSL 3 is not installed)" },
];
/** One that is there. */
export const VERIFIER = VERIFIERS.find(({ missing }) => missing === "")?.name ?? "";
export const noVerifier = VERIFIER ? "" : " (skipped: neither minisign nor OpenSSL 3 is installed)";

export interface Run {
  readonly words?: readonly string[];
  readonly env?: Record<string, string>;
  readonly shell?: readonly string[];
  /** The script comes through a pipe. */
  readonly stdin?: string;
}

export class InstallWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "fxn-install-"));
  readonly release = join(this.folder, "release");
  destination = join(this.folder, "bin");
  /** Its name in the release, which is 1.2.3. */
  archive = "";

  static async open(): Promise<InstallWorld> {
    const world = new InstallWorld();
    mkdirSync(world.destination);
    writeFileSync(join(world.destination, "fxn"), OLD, { mode: 0o755 });
    world.archive = await writeRelease(world.release, { version: "1.2.3" });
    return world;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  async install({ words, env, shell = ["sh"], stdin }: Run = {}) {
    const script = stdin === undefined ? [SCRIPT] : ["-s", "--"];
    const child = Bun.spawn([...shell, ...script, ...(words ?? this.usual())], {
      env: { PATH: process.env.PATH ?? "", HOME: this.folder, ...env },
      cwd: this.folder,
      stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  usual(from = this.release, key = KEY): string[] {
    return ["--from", from, "--to", this.destination, "--public-key", key];
  }

  /** A folder with these programs and no others, to be the PATH. */
  only(...names: readonly string[]): string {
    const path = mkdtempSync(join(this.folder, "path-"));
    for (const name of names) {
      const found = Bun.which(name);
      if (!found) throw new Error(`${name} is not installed`);
      symlinkSync(found, join(path, name));
    }
    return path;
  }

  async expectInstalled(run: Run = {}): Promise<void> {
    const { code, stdout, stderr } = await this.install(run);
    const file = join(this.destination, "fxn");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toStartWith(`fxn 1.2.3 (${hostTarget().name}) is installed: ${file}\n`);
    expect(readFileSync(file, "utf8")).toBe("#!/bin/sh\necho 1.2.3\n");
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(this.destination)).toEqual(["fxn"]);
  }

  /** Refused for that reason, and everything as it was. */
  async expectRefused(reason: string, run: Run = {}): Promise<void> {
    const { code, stdout, stderr } = await this.install(run);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(reason);
    expect(stderr).toMatch(/^fxn was not installed: /m);
    this.expectUntouched();
  }

  expectUntouched(): void {
    expect(readFileSync(join(this.destination, "fxn"), "utf8")).toBe(OLD);
    expect(readdirSync(this.destination)).toEqual(["fxn"]);
  }
}
