// fxn provider unpause: puts this node among the network's active providers again.
import { Command, Option } from "clipanion";
import { chosen, pausePlan } from "../../registries/provider/plans.ts";
import { ProviderChainCommand } from "./provider-chain-command.ts";

export class ProviderUnpauseCommand extends ProviderChainCommand {
  static override paths = [["provider", "unpause"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "take the pause of this node's registration back",
    details: `
      The network may send it work once gateways have read the registry again (a minute by default): start the node first.
      One that is so already is left as it is, and the command ends with 0.
    `,
    examples: [
      ["Without a question", "$0 provider unpause --yes"],
      ["What it would cost", "$0 provider unpause --dry-run"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });

  protected run(): Promise<number> {
    return this.fulfil({
      question: "Unpause it?",
      plan: async (_chain, standing) => pausePlan(standing, chosen(standing, this.id), "unpause"),
    });
  }
}
