// fxn config schema: JSON Schema of the config files, for editors and other tools.

import { Command, Option } from "clipanion";
import { configJsonSchema, modelsJsonSchema } from "../../src/config/reference.ts";
import { BOOK } from "../../src/networks/config.ts";
import { EXIT, FxnCommand } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";

const FILES = { config: () => configJsonSchema(BOOK), models: modelsJsonSchema } as const;

export class ConfigSchemaCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "config|models": Object.keys(FILES) };

  static override paths = [["config", "schema"]];
  static override usage = Command.Usage({
    category: "Configuration",
    description: "Print the JSON Schema of config.yaml or model_backend.yaml",
    details: "An editor with a YAML language server completes and checks the files with it.",
    examples: [
      ["The schema of config.yaml", "$0 config schema"],
      ["The schema of model_backend.yaml", "$0 config schema models"],
    ],
  });

  file = Option.String({ name: "config|models", required: false });

  protected async run(): Promise<number> {
    const file = this.file ?? "config";
    if (file !== "config" && file !== "models") {
      this.printError(`fxn: there is no schema "${file}": config or models`);
      return EXIT.usage;
    }
    this.printJson(FILES[file]());
    return EXIT.ok;
  }
}
