// fxn blindference test-determinism: asks a model the same twice, as a job would, and compares letter by letter.
import { createHash } from "node:crypto";
import { Command, Option, UsageError } from "clipanion";
import { askModel } from "../../src/networks/blindference/jobs/ask.ts";
import { Models } from "../../src/networks/blindference/jobs/models.ts";
import { KNOWN_MODELS } from "../../src/networks/blindference/prompt-forms.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { BlindferenceCommand } from "./blindference-command.ts";
import { notRunnable } from "./models/test.ts";

const PROMPT = "Hello, Blindference";
const PATIENCE_MS = 5 * 60_000;

export class BlindferenceTestDeterminismCommand extends BlindferenceCommand {
  static override values: ValuesOf = { ...BlindferenceCommand.values, "--model": KNOWN_MODELS };
  static override paths = [["blindference", "test-determinism"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "check that a model answers the same twice",
    details: `
      A quorum counts equal answers only. This asks the model server twice with the network's seed and limits, and compares the
      raw texts; the exit code is 1 when they differ. It is a test of one machine: others must run the same model as well.
      The node need not run. A model that no model server has is not runnable, and nothing is tested in its place.
    `,
    examples: [["The first model that is named", "$0 blindference test-determinism"]],
  });

  model = Option.String("--model", { description: "Default: the first of networks.blindference.models" });
  prompt = Option.String("--prompt", PROMPT, { description: `Default: ${PROMPT}` });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const model = this.model ?? opened.settings.models[0];
    if (model === undefined)
      throw new UsageError("which model? Give --model, or name some in networks.blindference.models");
    const answers = await this.asking(opened, async (servers) => {
      const runnable = new Models([model], servers).find(model);
      if (typeof runnable === "string") throw notRunnable(model, runnable);
      const ask = (time: number) =>
        askModel(servers.text, runnable, {
          ...{ id: `blf-determinism-${time}`, caller: "operator", model, prompt: this.prompt },
          signal: AbortSignal.timeout(PATIENCE_MS),
        });
      return [await ask(1), await ask(2)] as const;
    });
    const [first, second] = answers;
    const same = first === second;
    if (this.json) this.printJson({ schema: 1, model, same, answers });
    else {
      this.print(`1st  ${described(first)}`);
      this.print(`2nd  ${described(second)}`);
      this.print(
        same ? `${model} answers the same twice.` : `${model} DOES NOT answer the same twice${where(first, second)}.`,
      );
    }
    return same ? EXIT.ok : EXIT.failed;
  }
}

function described(answer: string): string {
  return `${answer.length} characters, SHA-256 ${createHash("sha256").update(answer).digest("hex").slice(0, 16)}…`;
}

function where(first: string, second: string): string {
  let at = 0;
  while (at < first.length && first[at] === second[at]) at += 1;
  return `, from character ${at + 1} on`;
}
