// Text from disk: what is no UTF-8 is refused with what it is and where.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAnyText, readTextFile } from "./text-file.ts";

const dir = mkdtempSync(join(tmpdir(), "fxn-text-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const path = join(dir, "config.yaml");

test.each([
  ["UTF-16 of Windows", Buffer.from("\uFEFFnode: {}", "utf16le"), "UTF-16: save it as UTF-8"],
  ["UTF-16 the other way round", Buffer.from("\uFEFFnode: {}", "utf16le").swap16(), "UTF-16"],
  ["Latin-1", Buffer.from("node:\n  id: a\n# Köln\n", "latin1"), "something else from line 3 on: save it as UTF-8"],
])("%s", async (_, bytes, expected) => {
  writeFileSync(path, bytes);
  const refusal = await readTextFile(path).catch(String);
  expect(refusal).toContain(expected);
});

test("no file is no error, and a byte order mark stays for who reads on", async () => {
  expect(await readTextFile(join(dir, "none"))).toBeUndefined();
  writeFileSync(path, "\uFEFFnode: {}");
  expect(await readTextFile(path)).toBe("\uFEFFnode: {}");
});

test.skipIf(process.platform === "win32")("attack: a device named to a command is not read without end", async () => {
  expect(await readAnyText("/dev/zero").catch(String)).toContain("it has more than 4 MB");
});
