import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { ProgramFile } from "./program-file.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fxn-program-"));
  path = join(folder, "fxn");
  writeFileSync(path, "one", { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file = path) => readFileSync(file, "utf8");
const fine = async () => {};

describe("a program's file", () => {
  test("is replaced, with its mode, and the one before is kept; and back, and back again", async () => {
    chmodSync(path, 0o755);
    const umask = process.umask(0o077);
    const file = new ProgramFile(path);
    await file.replace(Buffer.from("two"), fine);
    process.umask(umask);
    expect([read(), read(file.previous)]).toEqual(["two", "one"]);
    expect(statSync(path).mode & 0o777).toBe(0o755);
    file.swapBack();
    expect([read(), read(file.previous)]).toEqual(["one", "two"]);
    file.swapBack();
    expect([read(), read(file.previous)]).toEqual(["two", "one"]);
    expect(readdirSync(folder).sort()).toEqual(["fxn", "fxn.previous"]);
  });

  test("is tried before it is put in place, and is not when it does not do", async () => {
    const file = new ProgramFile(path);
    const seen: string[] = [];
    const tried = file.replace(Buffer.from("two"), async (incoming) => {
      seen.push(read(incoming), read());
      throw new Error("it does not do");
    });
    expect(await tried.then(String, messageOf)).toBe("it does not do");
    expect(seen).toEqual(["two", "one"]);
    expect(readdirSync(folder)).toEqual(["fxn"]);
  });

  test("takeBack: the new one is gone", async () => {
    const file = new ProgramFile(path);
    await file.replace(Buffer.from("two"), fine);
    file.takeBack();
    expect(read()).toBe("one");
    expect(existsSync(file.previous)).toBeFalse();
  });

  test("two at once: the second is refused, and so is one after a killed one, with what to do", async () => {
    const file = new ProgramFile(path);
    const first = file.replace(Buffer.from("two"), () => Bun.sleep(50));
    expect(await new ProgramFile(path).replace(Buffer.from("three"), fine).then(String, messageOf)).toContain(
      "under way",
    );
    await first;
    expect(read()).toBe("two");
    writeFileSync(`${path}.new`, "half");
    expect(await file.replace(Buffer.from("three"), fine).then(String, messageOf)).toContain("under way");
    expect(read(`${path}.new`)).toBe("half");
  });

  test("without one before, there is no way back", () => {
    expect(() => new ProgramFile(path).swapBack()).toThrow("there is no");
  });
});
