// fxn oarn status: what fxn networks status says of OARN.
import { Command } from "clipanion";
import { NetworksStatusCommand } from "../networks/status.ts";

export class OarnStatusCommand extends NetworksStatusCommand {
  static override paths = [["oarn", "status"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show how OARN is in the running node",
    details: "Its part of fxn networks status, with the same options.",
    examples: [["What keeps work away?", "$0 oarn status --check"]],
  });

  protected override wants(network: string): boolean {
    return network === "oarn";
  }
}
