// Private files: modes, never overwritten, whole or absent.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkDirNotWritable,
  checkPrivate,
  ensurePrivateDir,
  PrivateFileError,
  readPrivate,
  replacePrivate,
  writeNew,
} from "./private-file.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fxn-private-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function refusal(fn: () => unknown): PrivateFileError {
  try {
    fn();
  } catch (error) {
    if (error instanceof PrivateFileError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const posix = process.platform !== "win32";

describe("ensurePrivateDir", () => {
  test.if(posix)("makes the folder and its parents 0700", () => {
    ensurePrivateDir(join(dir, "a", "b"));
    expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, "a", "b")).mode & 0o777).toBe(0o700);
    ensurePrivateDir(join(dir, "a", "b"));
  });

  test.if(posix)("refuses a folder that others can read, and leaves its mode", () => {
    const open = join(dir, "open");
    mkdirSync(open);
    chmodSync(open, 0o755);
    const error = refusal(() => ensurePrivateDir(open));
    expect(error.code).toBe("key_file_open_to_others");
    expect(error.hint).toBe(`chmod 700 ${open}`);
    expect(statSync(open).mode & 0o777).toBe(0o755);
  });

  test("a file in the way is an error", () => {
    writeFileSync(join(dir, "file"), "");
    expect(refusal(() => ensurePrivateDir(join(dir, "file", "x"))).code).toBe("file_not_written");
  });
});

describe("checks", () => {
  test.if(posix)("every bit for group or others is refused", () => {
    const path = join(dir, "key");
    writeFileSync(path, "x");
    for (const bit of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
      chmodSync(path, 0o600 | bit);
      const error = refusal(() => checkPrivate(path));
      expect(error.code).toBe("key_file_open_to_others");
      expect(error.hint).toBe(`chmod 600 ${path}`);
      expect(refusal(() => readPrivate(path)).code).toBe("key_file_open_to_others");
    }
    for (const mode of [0o600, 0o400, 0o700]) {
      chmodSync(path, mode);
      checkPrivate(path);
      expect(readPrivate(path)).toBe("x");
    }
  });

  test.if(posix)("a folder that others can write is refused, one that they can list is not", () => {
    chmodSync(dir, 0o755);
    checkDirNotWritable(dir);
    for (const mode of [0o720, 0o702, 0o777]) {
      chmodSync(dir, mode);
      expect(refusal(() => checkDirNotWritable(dir)).code).toBe("key_file_open_to_others");
    }
  });

  test.if(process.getuid?.() === 0)("a file of another user is refused", async () => {
    const path = join(dir, "key");
    writeFileSync(path, "x", { mode: 0o600 });
    const { chownSync } = await import("node:fs");
    chownSync(path, 12345, 12345);
    expect(refusal(() => checkPrivate(path)).message).toContain("another user");
  });

  test("missing, too large, and a folder", () => {
    expect(refusal(() => readPrivate(join(dir, "none"))).code).toBe("file_missing");
    writeFileSync(join(dir, "large"), "x".repeat(64 * 1024 + 1), { mode: 0o600 });
    expect(refusal(() => readPrivate(join(dir, "large"))).code).toBe("file_unreadable");
    expect(refusal(() => readPrivate(dir)).code).toMatch(/file_unreadable|key_file_open_to_others/);
  });
});

describe("writeNew", () => {
  test("writes the text with mode 0600 and leaves no other file", () => {
    const path = join(dir, "key");
    writeNew(path, "täxt");
    expect(readFileSync(path, "utf8")).toBe("täxt");
    if (posix) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["key"]);
  });

  test("never overwrites", () => {
    const path = join(dir, "key");
    writeNew(path, "first");
    expect(refusal(() => writeNew(path, "second")).code).toBe("file_exists");
    expect(readFileSync(path, "utf8")).toBe("first");
    expect(readdirSync(dir)).toEqual(["key"]);
  });

  test("of many processes at once exactly one wins", async () => {
    const path = join(dir, "key");
    const script = `
      import { writeNew } from ${JSON.stringify(join(import.meta.dir, "private-file.ts"))};
      try { writeNew(${JSON.stringify(path)}, process.argv[1] ?? ""); process.exit(0); }
      catch (error) { process.exit(error.code === "file_exists" ? 3 : 4); }`;
    const runs = ["a", "b", "c", "d"].map((name) => Bun.spawn([process.execPath, "-e", script, name]).exited);
    expect((await Promise.all(runs)).sort()).toEqual([0, 3, 3, 3]);
    expect(readdirSync(dir)).toEqual(["key"]);
  });

  test("a missing folder is an error with a hint", () => {
    const error = refusal(() => writeNew(join(dir, "none", "key"), "x"));
    expect(error.code).toBe("file_not_written");
    expect(error.hint).toContain("folder");
  });

  test.if(posix)("where nothing can even be cleared away, the error is still that it was not written", () => {
    writeFileSync(join(dir, "file"), "");
    for (const write of [writeNew, replacePrivate])
      expect(refusal(() => write(join(dir, "file", "key"), "x")).code).toBe("file_not_written");
  });

  // A file size limit fails a write half-way, as a full disk does.
  test.if(posix)("a full disk leaves neither half a file nor a temporary one", async () => {
    const path = join(dir, "key");
    const script = `
      import { writeNew } from ${JSON.stringify(join(import.meta.dir, "private-file.ts"))};
      try { writeNew(${JSON.stringify(path)}, "x".repeat(4_000_000)); } catch (error) { console.log(error.code); }`;
    const file = join(dir, "run.ts");
    writeFileSync(file, script);
    const run = Bun.spawn(["sh", "-c", `trap '' XFSZ; ulimit -f 100; exec "$0" "$1"`, process.execPath, file]);
    expect((await new Response(run.stdout).text()).trim()).toBe("file_not_written");
    expect(readdirSync(dir)).toEqual(["run.ts"]);
  });
});
