// fxn blindference run: what the network's own node calls it; the same as fxn start.
import { Command } from "clipanion";
import { FxnError } from "../../src/core/errors.ts";
import { blindferenceNetwork } from "../../src/networks/blindference/network.ts";
import { loadConfig } from "../../src/networks/config.ts";
import { StartCommand } from "../start.ts";

export class BlindferenceRunCommand extends StartCommand {
  static override paths = [["blindference", "run"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "run the node: the same as fxn start",
    details: `
      With every network that is on. It attests by itself at every start, and renews the certificate while it runs. Where
      Blindference is off it refuses.
    `,
    examples: [["With the key's password in a variable", "BLF_KEY_PASSWORD=… $0 blindference run"]],
  });

  protected override async run(): Promise<number> {
    const { config } = await loadConfig({ home: this.homeDir(), env: this.context.env });
    if (config.networks[blindferenceNetwork.id]?.enabled === true) return super.run();
    throw new FxnError("network_off", 500, "Blindference is off in this home", {
      hint: "Turn it on: fxn blindference init, or fxn networks import blindference config.json",
    });
  }
}
