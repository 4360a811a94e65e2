// fxn provider unstake: takes this node's stake back.
import { Command, Option } from "clipanion";
import { unstakeCall } from "../../registries/provider/calls.ts";
import { chosen, returnPlan } from "../../registries/provider/plans.ts";
import { stakingAddress } from "../../registries/router.ts";
import { doneBefore, ProviderChainCommand } from "./provider-chain-command.ts";

export class ProviderUnstakeCommand extends ProviderChainCommand {
  static override paths = [["provider", "unstake"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "take this node's stake back",
    details: `
      Whether it comes back at once is the contract's; what it gives is tried first and said. Without a stake the network sends
      no work: fxn drain stops a node without a failed challenge first.
    `,
    examples: [
      ["Without a question", "$0 provider unstake --yes"],
      ["What it would give", "$0 provider unstake --dry-run"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });

  protected run(): Promise<number> {
    return this.fulfil({
      question: "Unstake it?",
      plan: async (chain, standing, left) => {
        const { id, modelId } = chosen(standing, this.id);
        const staking = await chain.read((view) => stakingAddress(view, standing.router, modelId));
        const call = unstakeCall(staking, id);
        return doneBefore(left, call) ?? returnPlan(chain, standing, call);
      },
    });
  }
}
