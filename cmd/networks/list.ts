// fxn networks list: the networks that this program knows, and which are on.
import { Command, Option } from "clipanion";
import { loadConfig } from "../../src/networks/config.ts";
import { NETWORK_IDS } from "../../src/networks/index.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

export class NetworksListCommand extends FxnCommand {
  static override paths = [["networks", "list"]];
  static override usage = Command.Usage({
    category: "Networks",
    description: "List the networks, and which are on",
    details:
      "Turn one on by networks.<network>.enabled in config.yaml, or take over its own node's configuration: fxn networks import.",
    examples: [["All of them", "$0 networks list"]],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const { config } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    const networks = NETWORK_IDS.map((id) => ({
      id,
      enabled: config.networks[id]?.enabled === true,
    }));
    if (this.json) this.printJson({ schema: 1, networks });
    else
      this.print(
        table(
          ["network", "on"],
          networks.map(({ id, enabled }) => [id, enabled ? "yes" : "no"]),
        ),
      );
    return EXIT.ok;
  }
}
