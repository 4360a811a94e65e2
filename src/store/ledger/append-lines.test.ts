import { describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Appended, appendLines } from "./append-lines.ts";

const LINE = `${"x".repeat(99)}\n`;

/** In a process whose files may have that many kilobytes: the system writes what fits, then refuses. */
async function appended(path: string, kilobytes: number, batches: readonly number[]) {
  const script = `
    const { openSync } = await import("node:fs");
    const { appendLines } = await import(${JSON.stringify(join(import.meta.dir, "append-lines.ts"))});
    const file = openSync(${JSON.stringify(path)}, "a");
    let size = 0;
    const all = ${JSON.stringify(batches)}.map((count) => {
      const { kept, bytes, error, torn } = appendLines(file, size, Array(count).fill(${JSON.stringify(LINE)}));
      size += bytes;
      return { kept, bytes, error: error === undefined ? "" : String(error), torn };
    });
    console.log(JSON.stringify(all));`;
  const limited = ["bash", "-c", `trap "" XFSZ; ulimit -f ${kilobytes}; exec "$0" -e "$1"`, process.execPath, script];
  const child = Bun.spawn(limited, { stdout: "pipe", stderr: "inherit" });
  const results: (Appended & { error: string })[] = JSON.parse(await new Response(child.stdout).text());
  return results;
}

describe("appending lines", () => {
  test("all of them in order", () => {
    const folder = mkdtempSync(join(tmpdir(), "fxn-lines-"));
    const file = openSync(join(folder, "f"), "a");
    expect(appendLines(file, 0, ["a\n", "ä\n"])).toEqual({ kept: 2, bytes: 5, error: undefined, torn: false });
    expect(readFileSync(join(folder, "f"), "utf8")).toBe("a\nä\n");
    closeSync(file);
    rmSync(folder, { recursive: true });
  });

  test.skipIf(process.platform === "win32")(
    "a disk that takes half of them: whole lines stay, and no half one",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "fxn-lines-"));
      const path = join(folder, "f");
      // 1024 bytes hold ten lines of 100.
      const [first, second, third] = await appended(path, 1, [3, 12, 1]);
      expect(first).toEqual({ kept: 3, bytes: 300, error: "", torn: false });
      expect(second).toMatchObject({ kept: 7, bytes: 700, torn: false });
      expect(second?.error).toContain("EFBIG");
      expect(third).toMatchObject({ kept: 0, bytes: 0, torn: false });
      expect(readFileSync(path, "utf8")).toBe(LINE.repeat(10));
      rmSync(folder, { recursive: true });
    },
  );
});
