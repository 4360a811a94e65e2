// fxn oarn config: OARN's part of the configuration in force.
import { Command, Option } from "clipanion";
import { inline } from "../../src/config/example.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

const SECTION = "networks.oarn.";

export class OarnConfigCommand extends FxnCommand {
  static override paths = [
    ["oarn", "config"],
    ["oarn", "config", "show"],
  ];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show OARN's settings in force, and where each comes from",
    details: `
      They stand under networks.oarn in config.yaml, which is edited by hand or by fxn oarn init; fxn config check looks it
      over. A key is never among them. Of URLs only the host is shown.
    `,
    examples: [["For a script", "$0 oarn config --json"]],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const loaded = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const origins = loaded.show().origins.filter(({ path }) => path.startsWith(SECTION));
    if (this.json) this.printJson(origins);
    else
      this.print(
        table(
          ["setting", "value", "from"],
          origins.map(({ path, value, from }) => [path, value === undefined ? "-" : inline(value), from]),
        ),
      );
    return EXIT.ok;
  }
}
