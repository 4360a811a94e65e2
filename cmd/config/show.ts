// fxn config show: the configuration that is in force, and where each value comes from.
import { Command, Option } from "clipanion";
import { inline, yaml } from "../../src/config/example.ts";
import { MODELS_FILE } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { askDifferences } from "../../src/node/reload/ask.ts";
import { differing } from "../../src/node/reload/effects.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

export class ConfigShowCommand extends FxnCommand {
  static override paths = [["config", "show"]];
  static override usage = Command.Usage({
    category: "Configuration",
    description: "Show the configuration in force, defaults included",
    details: `
      Secrets are shown as ***; of RPC URLs only the host is shown, as most carry a key in their path.
    `,
    examples: [
      ["As YAML", "$0 config show"],
      ["Every setting with the file, line or variable that it comes from", "$0 config show --origin"],
      ["For a script", "$0 config show --json"],
    ],
  });

  origin = Option.Boolean("--origin", false, { description: "List each value with the place that it comes from" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const { config, models, origins } = loaded.show();
    if (this.json) {
      this.printJson(this.origin ? origins : { config, models: models ?? null });
    } else if (this.origin) {
      const rows = origins.map(({ path, value, from }) => [path, value === undefined ? "-" : inline(value), from]);
      this.print(table(["setting", "value", "from"], rows));
    } else {
      this.print(`# config.yaml\n${yaml(config)}`);
      this.print(models === undefined ? `# ${MODELS_FILE}: not there` : `\n# ${MODELS_FILE}\n${yaml(models)}`);
    }
    // Beside what is shown, which is for machines too; a node of another user cannot be asked, and need not be.
    const differences = await askDifferences(this.homeDir()).catch(() => undefined);
    for (const { words, step } of differing(differences ?? []))
      this.printError(`the running node differs: ${words}; ${step}`);
    for (const warning of loaded.warnings) this.printError(`warning: ${formatProblem(warning)}`);
    return EXIT.ok;
  }
}
