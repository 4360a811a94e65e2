// fxn oarn model info: what Ollama says of one of its models.
import { Command, Option } from "clipanion";
import { z } from "zod";
import { clean } from "../../../src/lib/clean.ts";
import { showModel } from "../../../src/lib/ollama.ts";
import { EXIT } from "../../base.ts";
import { ModelCommand } from "./model-command.ts";

const text = z.string().optional().catch(undefined);
const shown = z.object({
  details: z.object({ format: text, family: text, parameter_size: text, quantization_level: text }).catch({}),
  capabilities: z.array(z.string()).catch([]),
  model_info: z.record(z.string(), z.unknown()).catch({}),
});
const WAIT_MS = 60_000;

export class OarnModelInfoCommand extends ModelCommand {
  static override paths = [
    ["oarn", "model", "info"],
    ["oarn", "models", "info"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show what Ollama says of a model",
    examples: [["For a script", "$0 oarn model info llama3.2 --json"]],
  });

  name = Option.String({ name: "NAME" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const name = this.named(this.name);
    const told = shown.parse(await showModel(await this.ollama(), name, AbortSignal.timeout(WAIT_MS)));
    const { format, family, parameter_size, quantization_level } = told.details;
    const context = Object.entries(told.model_info).find(([key]) => key.endsWith(".context_length"))?.[1];
    const facts = {
      name,
      format: short(format),
      family: short(family),
      parameters: short(parameter_size),
      quantization: short(quantization_level),
      context_length: typeof context === "number" ? context : null,
      capabilities: told.capabilities.slice(0, 20).map((one) => clean(one, 40)),
    };
    if (this.json) this.printJson(facts);
    else
      for (const [key, value] of Object.entries(facts))
        this.print(
          `${key.replaceAll("_", " ").padEnd(15)} ${Array.isArray(value) ? value.join(", ") : (value ?? "-")}`,
        );
    return EXIT.ok;
  }
}

function short(value: string | undefined): string | null {
  return value === undefined ? null : clean(value, 60);
}
