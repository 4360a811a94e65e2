// What CI shows of a failure, tried on what Bun itself prints.
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "fxn-failures-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What Bun prints of a run of these files. */
function printed(files: Record<string, string>, env: Record<string, string> = {}): string {
  const here = mkdtempSync(join(folder, "run-"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(here, name), `import { describe, expect, test } from "bun:test";\n${text}`);
  // Bun prints other headers where it runs in GitHub's actions.
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "test"], {
    ...{ cwd: here, stdout: "pipe", stderr: "pipe" },
    env: { ...process.env, GITHUB_ACTIONS: "", ...env },
  });
  return stderr.toString() + stdout.toString();
}

function listed(output: string): string {
  const list = [process.execPath, join(import.meta.dir, "failures.mjs")];
  const { stdout, exitCode } = Bun.spawnSync(list, { stdin: Buffer.from(output), stdout: "pipe" });
  expect(exitCode).toBe(0);
  return stdout.toString();
}

test("each that failed once, with its file and how its error begins; nothing of those that passed", () => {
  const output = printed({
    "a.test.ts": `
      test("passes", () => {});
      describe("a group", () => test("of one [2]", () => { console.log("noise"); expect(1).toBe(2); }));
      test("is long", () => { throw new Error(Array.from({ length: 99 }, (_, i) => "line " + i).join("\\n")); });`,
    "b.test.ts": `test("of the other file", async () => { expect({ a: 1 }).toEqual({ a: 2 }); });`,
  });
  const [before = "", ...failures] = listed(output).split("\nFAILED ");
  expect(before).toBe("");
  expect(failures.map((text) => text.split("\n")[0]?.replace(/ \[[\d.]+ms\]$/, ""))).toEqual([
    "a.test.ts: a group > of one [2]",
    "a.test.ts: is long",
    "b.test.ts: of the other file",
  ]);
  expect(failures[0]).toContain("expect(received).toBe(expected)");
  expect(failures[0]).not.toContain("\nnoise");
  expect(failures[1]).toContain("line 0\n");
  expect(failures[1]?.trimEnd().split("\n").length).toBeLessThanOrEqual(21);
  expect(failures[2]).toContain(`+   "a": 1`);
});

test("a file that cannot be run is listed too; where all passed there is nothing to list", () => {
  const bad = listed(printed({ "a.test.ts": `import "./none.ts";`, "b.test.ts": `test("passes", () => {});` }));
  expect(bad).toContain("FAILED a.test.ts: an error between tests\n");
  expect(bad).toContain("none.ts");
  expect(listed(printed({ "a.test.ts": `test("passes", () => {});` }))).toBe("");
});

test("in GitHub's actions the list is the same", () => {
  const files = { "a.test.ts": `test("fails", () => expect(1).toBe(2));` };
  const names = (output: string) => listed(output).match(/FAILED .* fails/g);
  expect(names(printed(files, { GITHUB_ACTIONS: "true" }))).toEqual(names(printed(files)));
  expect(names(printed(files))).toEqual(["FAILED a.test.ts: fails"]);
});

test("colours change nothing, and names are listed twice where two runs had them", () => {
  const output = printed({ "a.test.ts": `test("fails", () => expect(1).toBe(2));` });
  const twice = listed(`${output.replaceAll("(fail)", "\u001b[31m(fail)\u001b[0m")}\n$ npm\n${output}`);
  expect(twice.match(/FAILED a\.test\.ts: fails/g)).toHaveLength(2);
});
