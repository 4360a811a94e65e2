// fxn provider update: another address or name in this node's registration; what else stands there is kept.
import { Command, Option, UsageError } from "clipanion";
import { metadataWith, nodeUrl } from "../../registries/provider/metadata.ts";
import { chosen, updatePlan } from "../../registries/provider/plans.ts";
import { ProviderChainCommand } from "./provider-chain-command.ts";

export class ProviderUpdateCommand extends ProviderChainCommand {
  static override paths = [["provider", "update"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "change the address or the name in this node's registration",
    details: `
      Gateways call the new address once they have read the registry again: let the node answer at both until then. Members of
      the registration's metadata that fxn does not know are kept.
    `,
    examples: [
      ["A new address", "$0 provider update --url https://new.example"],
      ["Another name, in a script", "$0 provider update --name 'Ada in Kyiv' --yes --json"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });
  url = Option.String("--url", { description: "Where gateways reach the node: https://node.example" });
  name = Option.String("--name", { description: "What the node is called" });

  protected async run(): Promise<number> {
    if (this.url === undefined && this.name === undefined) throw new UsageError("what is new? Give --url or --name");
    const checked = this.url === undefined ? undefined : nodeUrl(this.url);
    for (const doubt of checked?.doubts ?? []) this.printError(`fxn: ${doubt}`);
    return this.fulfil({
      question: "Change it?",
      plan: async (_chain, standing) => {
        const provider = chosen(standing, this.id);
        return updatePlan(standing, provider, metadataWith(provider.metadata, { url: checked?.url, name: this.name }));
      },
    });
  }
}
