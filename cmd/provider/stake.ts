// fxn provider stake: pays this node's stake in, after an approval of exactly what the contract takes.
import { Command, Option } from "clipanion";
import { stakeCall } from "../../registries/provider/calls.ts";
import { alreadySo, chosen, stakePlan, takenBack } from "../../registries/provider/plans.ts";
import { stakingAddress } from "../../registries/router.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { mostFunc } from "./amount.ts";
import { doneBefore, ProviderChainCommand } from "./provider-chain-command.ts";

export class ProviderStakeCommand extends ProviderChainCommand {
  static override paths = [["provider", "stake"]];
  static override usage = Command.Usage({
    category: "Provider",
    description: "stake FUNC for this node",
    details: `
      The contract takes as much as the network asks of a provider of that model; no amount stands in the call. So it is tried on
      the chain first, and what it takes is said. Exactly that is approved, if less is approved, and then staked. With --yes
      --amount is needed: it says how much may be taken at most. One that is staked is left as it is.
    `,
    examples: [
      ["Shows what it takes, and asks", "$0 provider stake"],
      ["In a script", "$0 provider stake --amount 1000 --yes"],
    ],
  });

  id = Option.String("--id", { description: "Which one, where this account has several providers" });
  amount = Option.String("--amount", { description: "Most FUNC that may be taken" });

  protected async run(): Promise<number> {
    const most = mostFunc(this.amount, this.yes && !this.dryRun);
    return this.fulfil({
      question: "Stake it?",
      plan: async (chain, standing, left) => {
        const { id, modelId } = chosen(standing, this.id);
        const staking = await chain.read((view) => stakingAddress(view, standing.router, modelId));
        const call = stakeCall(staking, id);
        const { amount: staked = 0n } = await takenBack(chain, standing, staking, id);
        if (staked > 0n) return alreadySo(`${formatAmount(staked, ETHER)} FUNC are staked already`);
        return doneBefore(left, call) ?? stakePlan(chain, standing, { call, spenders: [staking], most });
      },
    });
  }
}
