// fxn doctor: everything that could keep traffic away, one line each, with what to do where it is not well.
import { Command, Option, UsageError } from "clipanion";
import { type CheckText, explainCommand, type Finding } from "../src/core/check.ts";
import { explain } from "../src/node/checks/explain.ts";
import { EXPLAINED } from "../src/node/checks/index.ts";
import { linkOf } from "../src/node/checks/links.ts";
import { EXIT } from "./base.ts";
import { ChecksCommand, type LinkedFinding } from "./checks-command.ts";
import type { ValuesOf } from "./manual/values.ts";

const IDS = EXPLAINED.map(({ id }) => id);
const WORDS = { ok: "ok", warn: "warn", fail: "FAIL", skip: "skip" } as const;

export class DoctorCommand extends ChecksCommand {
  static override values: ValuesOf = { ...ChecksCommand.values, "--only": IDS, "--explain": IDS };

  static override paths = [["doctor"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "look for everything that could keep traffic away",
    details: `
      Looks at the configuration, keys, disk, clock, name, port, certificate, RPCs, registration and stake; the running node
      looks at its model servers, sends itself a signed prompt of one token, and asks each network that is on. Checks run
      side by side, 10 seconds each; one that another red explains is skipped. Nothing is written, but for the prompt, which
      is in the ledger under the caller "rehearsal". Exit code 1 when a check is red, a broken configuration included.

      --explain says what a check looks at and what to do, without asking anything.
    `,
    examples: [
      ["All of it", "fxn doctor"],
      ["Some of it, for a script", "fxn doctor --only rpc.answers,provider.stake --json"],
      ["What a check is about", "fxn doctor --explain clock.skew"],
    ],
  });

  only = Option.String("--only", { description: "Ids of the checks to run, comma-separated" });
  explain = Option.String("--explain", { description: "Id of a check: what it looks at, and what to do" });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    if (this.explain !== undefined) return this.#explain(this.explain);
    const found = await this.examined(this.only?.split(",").map(known));
    const failed = found.filter(({ state }) => state === "fail").length;
    if (this.json) this.printJson({ schema: 1, well: failed === 0, checks: found });
    else this.print(report(found));
    return failed === 0 ? EXIT.ok : EXIT.failed;
  }

  #explain(id: string): number {
    const text = explained(id);
    const { title, looksAt, income, mend } = text;
    if (this.json) this.printJson({ schema: 1, ...text, link: linkOf(id, EXPLAINED) });
    else {
      const costs = income === undefined ? "" : `\n\nWhat it means for income\n  ${income}`;
      this.print(`${id}: ${title}\n\nLooks at\n  ${looksAt}${costs}\n\nWhen it is red\n  ${mend}`);
    }
    return EXIT.ok;
  }
}

function known(text: string): string {
  const id = text.trim();
  explained(id);
  return id;
}

function explained(id: string): CheckText {
  const text = explain(id);
  if (text) return text;
  const near = IDS.filter((one) => one.startsWith(`${id.split(".")[0]}.`));
  throw new UsageError(`"${id}" is no check; they are: ${(near.length > 0 ? near : IDS).join(", ")}`);
}

function report(found: readonly LinkedFinding[]): string {
  const width = Math.max(...found.map(({ id }) => id.length));
  const lines = found.flatMap(({ state, id, message, hint }) => [
    `${WORDS[state].padEnd(4)}  ${id.padEnd(width)}  ${message}`,
    ...(state === "ok" || state === "skip"
      ? []
      : [hint, `More: ${explainCommand(id)}`].flatMap((more) => (more ? [`      ${more}`] : []))),
  ]);
  return [...lines, "", sum(found)].join("\n");
}

function sum(found: readonly Finding[]): string {
  const count = (state: Finding["state"]) => found.filter((one) => one.state === state).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed > 0) return `${failed} red, ${warned} yellow. The first red is the one to mend first: fxn why`;
  return `Nothing is red; ${warned} yellow, ${count("skip")} could not be asked.`;
}
