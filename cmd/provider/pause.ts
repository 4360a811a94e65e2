// fxn provider pause: takes this node out of the network's active providers, until it is unpaused.
import { Command, Option } from "clipanion";
import { chosen, pausePlan } from "../../registries/provider/plans.ts";
import { ProviderChainCommand } from "./provider-chain-command.ts";

export class ProviderPauseCommand extends ProviderChainCommand {
  static override paths = [["provider", "pause"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "pause this node's registration",
    details: `
      The network sends it no work and no challenges once gateways have read the registry again (a minute by default). The node
      itself goes on as it is; fxn drain pauses, waits, and stops it.
      One that is so already is left as it is, and the command ends with 0.
    `,
    examples: [
      ["Without a question", "$0 provider pause --yes"],
      ["What it would cost", "$0 provider pause --dry-run"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });

  protected run(): Promise<number> {
    return this.fulfil({
      question: "Pause it?",
      plan: async (_chain, standing) => pausePlan(standing, chosen(standing, this.id), "pause"),
    });
  }
}
