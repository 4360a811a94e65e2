// fxn oarn model list: the models that Ollama has.
import { Command, Option } from "clipanion";
import { z } from "zod";
import { clean } from "../../../src/lib/clean.ts";
import { listModels } from "../../../src/lib/ollama.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { ModelCommand } from "./model-command.ts";

const tags = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      size: z.number().catch(0),
      details: z
        .object({ parameter_size: z.string().catch(""), quantization_level: z.string().catch("") })
        .catch({ parameter_size: "", quantization_level: "" }),
    }),
  ),
});
const WAIT_MS = 60_000;

export class OarnModelListCommand extends ModelCommand {
  static override paths = [
    ["oarn", "model", "list"],
    ["oarn", "models", "list"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "list the models that Ollama has",
    details: "The node serves those that model_backend.yaml names.",
    examples: [["Of another server", "$0 oarn model list --url http://gpu.lan:11434"]],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const { models } = tags.parse(await listModels(await this.ollama(), AbortSignal.timeout(WAIT_MS)));
    const rows = models.map(({ name, size, details }) => ({
      name: clean(name),
      size,
      parameters: clean(details.parameter_size, 20),
      quantization: clean(details.quantization_level, 20),
    }));
    if (this.json) this.printJson({ models: rows });
    else if (rows.length === 0) this.print("It has none. Get one: fxn oarn model pull NAME");
    else
      this.print(
        table(
          ["name", "size", "parameters", "quantization"],
          rows.map((row) => [row.name, `${(row.size / 1e9).toFixed(1)} GB`, row.parameters, row.quantization]),
        ),
      );
    return EXIT.ok;
  }
}
