// Small files: what is none is refused before it is read, and nothing is read without end.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPrivate } from "./private-file.ts";
import { readSmallFile } from "./small-file.ts";

const dir = mkdtempSync(join(tmpdir(), "fxn-small-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const path = (name: string) => join(dir, name);
const read = (name: string, orPipe = false) => readSmallFile(path(name), { mostBytes: 100_000, orPipe }).toString();

test("a file as long as it may be is read whole; one byte more is refused", () => {
  writeFileSync(path("full"), "é".repeat(50_000));
  expect(read("full")).toBe("é".repeat(50_000));
  writeFileSync(path("over"), "x".repeat(100_001));
  expect(() => read("over")).toThrow("it has 101 KB, and may have 100 KB at most");
  writeFileSync(path("large"), "x".repeat(10_000_000));
  expect(() => read("large")).toThrow("it has 10 MB, and may have 100 KB at most");
});

test.skipIf(process.platform === "win32")(
  "attack: pipes, devices and folders are refused, and none is waited for",
  () => {
    Bun.spawnSync(["mkfifo", "-m", "600", path("pipe")]);
    for (const name of ["pipe", "."]) expect(() => read(name)).toThrow("it is no file");
    expect(() => readSmallFile("/dev/zero", { mostBytes: 1 })).toThrow("it is no file");
    expect(() => readPrivate(path("pipe"))).toThrow("it is no file");
  },
);

test.skipIf(process.platform === "win32")(
  "who names a pipe is given what comes out of it, up to the limit",
  async () => {
    Bun.spawnSync(["mkfifo", "-m", "600", path("named")]);
    const writer = Bun.spawn(["sh", "-c", `printf secret > ${path("named")}`]);
    expect(readPrivate(path("named"), { orPipe: true })).toBe("secret");
    expect(await writer.exited).toBe(0);
    expect(() => readSmallFile("/dev/zero", { mostBytes: 100_000, orPipe: true })).toThrow("it has more than 100 KB");
    expect(() => read(".", true)).toThrow("it is no file");
  },
);
