import { afterAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../core/secret.ts";
import { adminToken } from "./admin-token.ts";

const home = mkdtempSync(join(tmpdir(), "fxn-token-"));
afterAll(() => rmSync(home, { recursive: true }));

const asked = (host: string, change: { token?: Secret; tokenFile?: string } = {}) =>
  adminToken(home, { listen: { host, port: 9464 }, allowedHosts: [], ...change });
/** Kept, too. */
function token(...of: Parameters<typeof asked>) {
  const admin = asked(...of);
  admin.keep();
  return admin.token?.reveal();
}
const own = join(home, "admin-token");

test("a loopback address needs none, and writes none", () => {
  for (const host of ["127.0.0.1", "::1", "localhost"]) expect(token(host)).toBeUndefined();
  expect(existsSync(own)).toBe(false);
});

test("to ask writes nothing: a dry run only looks", () => {
  expect(asked("0.0.0.0").token?.reveal()).toMatch(/^[\w-]{43}$/);
  expect(existsSync(own)).toBe(false);
});

test("what others reach gets one of its own, once, for this user alone", () => {
  const made = token("0.0.0.0");
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(own, "utf8")).toBe(`${made}\n`);
  if (process.platform !== "win32") expect(statSync(own).mode & 0o777).toBe(0o600);
  expect(token("192.0.2.1")).toBe(made);
});

test("the configured one goes before it, on a loopback address too", () => {
  expect(token("127.0.0.1", { token: new Secret("a".repeat(16)) })).toBe("a".repeat(16));
  writeFileSync(join(home, "mine"), "from-a-file-0123456789\n", { mode: 0o600 });
  expect(token("0.0.0.0", { tokenFile: "mine" })).toBe("from-a-file-0123456789");
});

test("a file that others may read, or that holds no token, is refused", () => {
  writeFileSync(join(home, "open"), "from-a-file-0123456789\n");
  chmodSync(join(home, "open"), 0o644);
  if (process.platform !== "win32")
    expect(() => token("0.0.0.0", { tokenFile: "open" })).toThrow("read or changed by other users");
  for (const text of ["", "short", "two words of it here"]) {
    writeFileSync(join(home, "bad"), text, { mode: 0o600 });
    expect(() => token("0.0.0.0", { tokenFile: "bad" })).toThrow("holds no admin token");
  }
  expect(() => token("0.0.0.0", { tokenFile: "none" })).toThrow("does not exist");
});
