// fxn config check: every mistake of both files and the environment, or "ok" and what they say.
import { Command, Option } from "clipanion";
import { CONFIG_FILE, type LoadedConfig, MODELS_FILE } from "../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../src/config/problems.ts";
import { systemClock } from "../../src/core/clock.ts";
import { readTlsFiles, TlsFilesError } from "../../src/lib/tls-files.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { EXIT, FxnCommand } from "../base.ts";

export class ConfigCheckCommand extends FxnCommand {
  static override paths = [["config", "check"]];
  static override usage = Command.Usage({
    category: "Configuration",
    description: "Look for mistakes in the configuration",
    details: `
      Reads config.yaml and model_backend.yaml of the home folder and the FXN_ variables as a start would, and prints
      every problem at once, with file, line and column; then it looks at the certificate of node.tls. Exit code 0 when all is well, 78 when not.
    `,
    examples: [
      ["Check the node's configuration", "$0 config check"],
      ["Check another folder", "$0 config check --home /etc/fxn"],
      ["For a script", "$0 config check --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    try {
      const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
      examineTls(loaded, this.homeDir());
      if (this.json) this.printJson({ schema: 1, ok: true, problems: [], warnings: loaded.warnings });
      else this.#printSummary(loaded);
      return EXIT.ok;
    } catch (error) {
      if (!this.json || !(error instanceof ConfigError)) throw error;
      this.printJson({ schema: 1, ok: false, problems: error.problems, warnings: [] });
      return EXIT.badConfig;
    }
  }

  #printSummary({ models, warnings, show }: LoadedConfig): void {
    const { origins } = show();
    const count = (prefix: string) => origins.filter(({ from }) => from.startsWith(prefix)).length;
    this.print(`ok  ${CONFIG_FILE}: ${plural(count(`${CONFIG_FILE}:`), "setting")} of its own`);
    if (count("$") > 0) this.print(`ok  environment: ${plural(count("$"), "setting")}`);
    if (models) {
      const servers = models.models.flatMap(({ backends }) => backends).length;
      this.print(`ok  ${MODELS_FILE}: ${plural(models.models.length, "model")} on ${plural(servers, "model server")}`);
    } else {
      this.print(`--  ${MODELS_FILE}: not there: the node would have no model to serve; \`fxn init\` writes one`);
    }
    for (const warning of warnings) this.printError(`warning: ${formatProblem(warning)}`);
  }
}

/** Of the files that the configuration names, those that a start would refuse. */
function examineTls({ config, placeOf }: LoadedConfig, home: string): void {
  try {
    readTlsFiles("node.tls", config.node.tls, home, systemClock.now());
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    const placed = error.problems.map(({ setting, message }) => {
      const path = ["node", "tls", setting];
      return { ...placeOf(path), path: path.join("."), message };
    });
    throw new ConfigError(placed);
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
