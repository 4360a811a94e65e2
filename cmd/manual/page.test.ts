// The manual page: every command and option is in it, and the programs that show such pages find nothing wrong.
import { beforeAll, describe, expect, test } from "bun:test";
import { allCommands } from "../cli.ts";
import { manual } from "../man.ts";
import type { DescribedCommand } from "./commands.ts";
import { manualPage } from "./page.ts";

let commands: DescribedCommand[];
let page: string;
beforeAll(async () => {
  commands = await allCommands();
  page = await manual("1.2.3");
});

test("what shells complete is declared for options and words that exist, and for all that name a file or a key", () => {
  for (const { paths, options, positionals } of commands)
    for (const { name, description, values } of [
      ...options.map((option) => ({ ...option, name: option.names.join() })),
      ...positionals.map((positional) => ({ ...positional, description: "" })),
    ]) {
      const where = `${paths[0]?.join(" ")} ${name}`;
      if (/^(?:The )?[Ff]ile /.test(description) || name === "FILE") expect([where, values]).toEqual([where, "file"]);
      if (/^Folder /.test(description)) expect([where, values]).toEqual([where, "folder"]);
    }
});

const show = (command: readonly string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { stdin: Buffer.from(page) });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
};
const missing = (tool: string) => (Bun.which(tool) === null ? ` (skipped: ${tool} is not installed)` : "");

test.skipIf(missing("mandoc") !== "")(`mandoc finds no fault but that no date is given${missing("mandoc")}`, () => {
  const faults = show(["mandoc", "-T", "lint", "-W", "warning"]).stdout.split("\n").filter(Boolean);
  expect(faults).toEqual([expect.stringContaining("missing date")]);
});

describe.skipIf(missing("groff") !== "")(`groff${missing("groff")}`, () => {
  test("shows every command, option, text and example as it was written, and warns of nothing", () => {
    const { exitCode, stdout, stderr } = show(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=3000n"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const words = flat(stdout);
    for (const { paths, description, details, options, examples } of commands) {
      expect(words).toContain(`fxn ${paths[0]?.join(" ")}`);
      expect(words.toLowerCase()).toContain(description.toLowerCase());
      for (const text of details) expect(words).toContain(flat(text.replaceAll("`", "")));
      for (const option of options) {
        expect(words).toContain(option.names.join(", "));
        expect(words).toContain(flat(option.description));
      }
      for (const [title, command] of examples) {
        expect(words).toContain(title);
        expect(words).toContain(flat(command));
      }
    }
    expect(words).toContain("fxn 1.2.3");
  });

  test("nothing in a text is taken for a command of roff", () => {
    const odd = [".so /etc/passwd", "'br", "a\\fBb", `"quoted"`, "…", "a-b ~c ^d `e`"];
    const [first] = commands;
    if (!first) throw new Error("no command");
    page = manualPage([{ ...first, details: odd, examples: odd.map((text) => ["x", text]) }], {
      version: "1",
      exitCodes: [],
      files: [],
    });
    const { stdout, stderr } = show(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=3000n"]);
    expect(stderr).toBe("");
    for (const text of odd) expect(flat(stdout)).toContain(flat(text.replaceAll("`", "")));
  });
});

function flat(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
