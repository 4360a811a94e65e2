// fxn challenge list: the challenges that a node answers, with their limits.
import { Command, Option } from "clipanion";
import { CHALLENGERS } from "../../challengers/index.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

const MB = 1024 * 1024;

export class ChallengeListCommand extends FxnCommand {
  static override paths = [["challenge", "list"]];
  static override usage = Command.Usage({
    category: "Challenges",
    description: "list the challenges that a node answers",
    details: "What the scheduler may ask, how long each may take, and how many are answered at the same time.",
    examples: [["For a person", "fxn challenge list"]],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const rows = CHALLENGERS.map(({ type, summary, limits }) => ({ type, summary, ...limits }));
    if (this.json) this.printJson({ schema: 1, challenges: rows });
    else {
      this.print(
        table(
          ["type", "time limit", "at once", "body", "what it is"],
          rows.map(({ type, summary, timeoutMs, concurrent, place, bodyBytes }) => [
            type,
            `${timeoutMs / 1000} s`,
            place ? `${concurrent} *` : `${concurrent}`,
            bodyBytes < MB ? `${bodyBytes / 1024} KB` : `${bodyBytes / MB} MB`,
            summary,
          ]),
        ),
      );
      this.print("* of all of them together: there is one device. Memory: challenges.memory of config.yaml.");
    }
    return EXIT.ok;
  }
}
