// fxn why: why there is no traffic, in one answer: the first red of the doctor, and what to do.
import { Command, Option } from "clipanion";
import { explainCommand } from "../src/core/check.ts";
import { RUNNING } from "../src/node/checks/running.ts";
import type { Traffic } from "../src/store/ledger/recent.ts";
import { EXIT } from "./base.ts";
import { ChecksCommand, type LinkedFinding } from "./checks-command.ts";
import { trafficIn, trafficWords } from "./traffic.ts";

/** Since then, somebody would have come. */
const LATELY_MS = 10 * 60_000;

export class WhyCommand extends ChecksCommand {
  static override paths = [["why"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "say why there is no traffic",
    details: `
      Looks at all that fxn doctor looks at, and says which of it is the reason: the first red in the order in which things
      break, what to do about it, and what else is not well. With nothing red it says what was looked at, and when the last
      request came. Exit code 0 when nothing is red.
    `,
    examples: [
      ["For a person", "fxn why"],
      ["For a script", "fxn why --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const found = await this.examined();
    const red = found.filter(({ state }) => state === "fail");
    const yellow = found.filter(({ state }) => state === "warn");
    const [first, ...others] = red;
    const traffic = await trafficIn(this.homeDir(), this.context.env);
    if (this.json) this.printJson({ schema: 1, answer: first ?? null, red: others, yellow, traffic: traffic ?? null });
    else
      this.print(
        [...(first ? reason(first, traffic) : allWell(found)), ...more(others, yellow), ...seen(traffic)].join("\n"),
      );
    return first ? EXIT.failed : EXIT.ok;
  }
}

/** Of several models and networks one may be at fault, and the others at work; a node that does not run has none. */
function reason({ id, title, message, hint }: LinkedFinding, traffic: Traffic | undefined): string[] {
  const last = traffic?.lastOkAt ?? Number.NEGATIVE_INFINITY;
  const comes = id !== RUNNING && Date.now() - last < LATELY_MS;
  return [
    `${comes ? "Traffic comes, and less of it" : "No traffic comes"} because of ${id}: ${message}`,
    ...(hint ? [`  Do this: ${hint}`] : []),
    `  It should be so: ${title}. More: ${explainCommand(id)}`,
  ];
}

function allWell(found: readonly LinkedFinding[]): string[] {
  const green = found.filter(({ state }) => state === "ok");
  return [
    `Nothing here keeps traffic away: ${green.length} checks are green (${[...new Set(green.map(({ id }) => id.split(".")[0]))].join(", ")}).`,
    "Gateways choose among the nodes that offer a model; nobody is promised work. A model that is asked for more, and quick answers, bring more of it.",
  ];
}

function more(red: readonly LinkedFinding[], yellow: readonly LinkedFinding[]): string[] {
  const line =
    (word: string) =>
    ({ id, message }: LinkedFinding) =>
      `  ${word}  ${id}: ${message}`;
  const lines = [...red.map(line("red   ")), ...yellow.map(line("yellow"))];
  return lines.length > 0 ? ["", "Beside that:", ...lines] : [];
}

function seen(traffic: Traffic | undefined): string[] {
  if (!traffic) return [];
  const words = trafficWords(traffic, Date.now());
  return ["", `${words.charAt(0).toUpperCase()}${words.slice(1)}.`];
}
