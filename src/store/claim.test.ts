import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimHome } from "./claim.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-claim-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("a home is claimed once, and again after its release", () => {
  const first = claimHome(home);
  expect(() => claimHome(home)).toThrow("is running on");
  first.release();
  claimHome(home).release();
  expect(statSync(join(home, "fxn.lock")).mode & 0o777).toBe(0o600);
});

test("a node that was killed holds nothing", async () => {
  // Kept, or the garbage collector would give it back.
  const script = `const { claimHome } = await import(${JSON.stringify(join(import.meta.dir, "claim.ts"))}); globalThis.claim = claimHome(${JSON.stringify(home)}); console.log("claimed"); setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await child.stdout.getReader().read();
  expect(() => claimHome(home)).toThrow("is running on");
  child.kill("SIGKILL");
  await child.exited;
  claimHome(home).release();
});

test("a home that is not there says so", () => {
  expect(() => claimHome(join(home, "none"))).toThrow("cannot be locked");
});
