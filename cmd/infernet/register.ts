// fxn infernet register: tells the control plane of this node, before it runs.
import { Command } from "clipanion";
import { EXIT } from "../base.ts";
import { InfernetCommand } from "./infernet-command.ts";
import { registerNode } from "./register-node.ts";

export class InfernetRegisterCommand extends InfernetCommand {
  static override paths = [["infernet", "register"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "register this node at the control plane",
    details: `
      A running node registers itself; this is for trying, and for setting payouts before the first start. The node is
      registered as offline until it runs. What is published follows config.yaml: without networks.infernet.advertise no
      address is, and one that was published before is overwritten.
    `,
    examples: [["Register", "$0 infernet register"]],
  });

  protected async run(): Promise<number> {
    for (const line of await registerNode(this.homeDir(), await this.infernet())) this.print(line);
    return EXIT.ok;
  }
}
