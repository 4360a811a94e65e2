// fxn oarn model pull: has Ollama get a model.
import { Command, Option } from "clipanion";
import { clean } from "../../../src/lib/clean.ts";
import { installModel, progressOf } from "../../../src/lib/ollama.ts";
import { EXIT } from "../../base.ts";
import { ModelCommand } from "./model-command.ts";

/** A large model on a slow line. */
const WAIT_MS = 24 * 60 * 60_000;

export class OarnModelPullCommand extends ModelCommand {
  static override paths = [
    ["oarn", "model", "pull"],
    ["oarn", "models", "pull"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "have Ollama download a model",
    details: `
      Ollama gets it from where it gets its models, and says on standard error how far it is. Name it in model_backend.yaml
      afterwards, so that the node serves it.
    `,
    examples: [["A small one", "$0 oarn model pull llama3.2:1b"]],
  });

  name = Option.String({ name: "NAME" });

  protected async run(): Promise<number> {
    const name = this.named(this.name);
    let last = "";
    const onPart = (part: Uint8Array) => {
      for (const line of Buffer.from(part).toString("utf8").split("\n")) {
        const { status } = progressOf(line);
        if (status === undefined || status === last) continue;
        last = status;
        this.printError(clean(status));
      }
    };
    await installModel(await this.ollama(), name, WAIT_MS, AbortSignal.timeout(WAIT_MS), onPart);
    this.print(`Ollama has ${name}.`);
    return EXIT.ok;
  }
}
