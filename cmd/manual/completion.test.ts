// Completion in the shells themselves: each is given what somebody has typed, and says what it would offer.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { typeTo } from "../../test/fakes/typist.ts";
import { allCommands } from "../cli.ts";
import { COMPLETIONS } from "../completion.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-completion-"));
  for (const [shell, write] of Object.entries(COMPLETIONS))
    writeFileSync(join(folder, `script.${shell}`), write(await allCommands()));
  mkdirSync(join(folder, "home", "keys"), { recursive: true });
  writeFileSync(join(folder, "home", "keys", "gateway.json"), "");
  writeFileSync(join(folder, "a file"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const missing = (shell: string) => (Bun.which(shell) === null ? ` (skipped: ${shell} is not installed)` : "");

/** What is typed, and what is offered; "@" is the folder above. */
const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["fxn acc", ["accounts"]],
  ["fxn accounts ", ["export", "get", "import", "list", "new"]],
  ["fxn account g", ["get"]],
  ["fxn challenge run MATRIX_P", ["MATRIX_PROOF", "MATRIX_PROOF_OPEN"]],
  ["fxn challenge run --size 3 ID", ["IDENTITY"]],
  ["fxn challenge run IDENTITY ", []],
  ["fxn challenge run --backend c", ["cpu", "cuda"]],
  ["fxn config schema ", ["config", "models"]],
  ["fxn log-level ", ["debug", "error", "info", "warn"]],
  ["fxn completion ", ["bash", "fish", "zsh"]],
  ["fxn status --", ["--all", "--home", "--json", "--ready"]],
  ["fxn start --password-file @/a", ["@/a file"]],
  ["fxn start --home @/ho", ["@/home"]],
  ["fxn accounts get --home @/home --name ", ["gateway", "node"]],
  ["fxn accounts new --name ", []],
  ["fxn accounts new --no", ["--nostr"]],
  ["fxn accounts export --ns", ["--nsec"]],
  ["fxn nonsense ", []],
];

/** Offered to what is typed, with @ for the folder again, and no slash behind folders: shells differ in that. */
function offered(command: readonly string[]): string[] {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd: folder, env: { PATH: process.env.PATH } });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  const lines = stdout.toString().split("\n").filter(Boolean);
  return lines.map((line) => (line.split("\t")[0] ?? "").replace(folder, "@").replace(/\/$/, "")).sort();
}

describe.skipIf(missing("bash") !== "")(`bash${missing("bash")}`, () => {
  const complete = (typed: string) => {
    const words = typed.replaceAll("@", folder).split(" ");
    const lines = `source script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fxn; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return offered(["bash", "--norc", "-c", lines, "bash", ...words]);
  };
  test.each(CASES)("%s", (typed, expected) => expect(complete(typed)).toEqual([...expected]));

  test("--backend=c, which bash takes for three words", () =>
    expect(complete("fxn challenge run --backend = c")).toEqual(["cpu", "cuda"]));

  test("it is what bash calls", () =>
    expect(offered(["bash", "--norc", "-c", "source script.bash; complete -p fxn"])).toEqual(["complete -F _fxn fxn"]));
});

describe.skipIf(missing("fish") !== "")(`fish${missing("fish")}`, () => {
  test.each(CASES)("%s", (typed, expected) => {
    const lines = `source script.fish; complete -C "$argv[1]"`;
    expect(offered(["fish", "--no-config", "-c", lines, typed.replaceAll("@", folder)])).toEqual([...expected]);
  });
});

describe.skipIf(missing("zsh") !== "")(`zsh${missing("zsh")}`, () => {
  /** What the line has become when its tabs were typed, as the command sees it. */
  async function typed(line: string): Promise<string | undefined> {
    const setUp = `PS1='ready'\\> ; autoload -Uz compinit; compinit -u -D; source script.zsh; fxn() { print -r -- "saw:$*:" }\r`;
    const { shown } = await typeTo(
      ["sh", "-c", `cd ${folder} && PS1='start> ' exec zsh -f -i`],
      [
        ["start> ", setUp],
        ["ready>", `${line.replaceAll("@", folder)}\r`],
        ["saw:", "exit\r"],
      ],
    );
    return /saw:([^\r\n$]*):/.exec(shown)?.[1]?.replaceAll(folder, "@");
  }
  test.each([
    ["fxn acc\tge\t", "accounts get"],
    ["fxn account ge\t", "account get"],
    ["fxn challenge run ID\t", "challenge run IDENTITY"],
    ["fxn challenge run --backend cu\t", "challenge run --backend cuda"],
    ["fxn challenge run --back\tcu\t--sa\t@/a\t", "challenge run --backend=cuda --save=@/a file"],
    ["fxn stat\t--re\t", "status --ready"],
    ["fxn gpu list --ver\t", "gpu list --verbose"],
    ["fxn accounts get --home @/home --name ga\t", "accounts get --home @/home --name gateway"],
    ["fxn nonsense a\t", "nonsense a"],
  ])("%j", async (line, seen) => expect((await typed(line))?.trim()).toBe(seen));
});
