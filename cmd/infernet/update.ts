// fxn infernet update: tells the control plane what has changed in this node's settings.
import { Command } from "clipanion";
import { EXIT } from "../base.ts";
import { InfernetCommand } from "./infernet-command.ts";
import { registerNode } from "./register-node.ts";

export class InfernetUpdateCommand extends InfernetCommand {
  static override paths = [["infernet", "update"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "tell the control plane of changed settings",
    details: `
      Registers the node anew, under the id that it has, with the name, price, GPU and address that config.yaml says now. A
      running node does that itself at its next start: fxn restart.
    `,
    examples: [["After a change of networks.infernet.price", "$0 infernet update"]],
  });

  protected async run(): Promise<number> {
    for (const line of await registerNode(this.homeDir(), await this.infernet())) this.print(line);
    return EXIT.ok;
  }
}
