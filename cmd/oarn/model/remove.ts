// fxn oarn model remove: has Ollama delete a model.
import { Command, Option } from "clipanion";
import { removeModel } from "../../../src/lib/ollama.ts";
import { EXIT } from "../../base.ts";
import { ModelCommand } from "./model-command.ts";

const WAIT_MS = 60_000;

export class OarnModelRemoveCommand extends ModelCommand {
  static override paths = [
    ["oarn", "model", "remove"],
    ["oarn", "models", "remove"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "have Ollama delete a model",
    details: "The node goes on naming it as long as model_backend.yaml does.",
    examples: [["One that is not needed any more", "$0 oarn model remove llama3.2:1b"]],
  });

  name = Option.String({ name: "NAME" });

  protected async run(): Promise<number> {
    const name = this.named(this.name);
    await removeModel(await this.ollama(), name, AbortSignal.timeout(WAIT_MS));
    this.print(`Ollama has ${name} no more.`);
    return EXIT.ok;
  }
}
