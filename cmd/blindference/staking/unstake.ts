// fxn blindference staking unstake: takes the whole stake out of use; 96 hours later it can be withdrawn.
import { Command } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { chainSeconds, stakeOf } from "../../../src/networks/blindference/contracts/reads.ts";
import { unstakeSteps } from "../../../src/networks/blindference/staking.ts";
import { EXIT } from "../../base.ts";
import { BlindferenceChainCommand } from "../chain-command.ts";
import { shownStake, stakeLines } from "./stake-words.ts";

export class BlindferenceUnstakeCommand extends BlindferenceChainCommand {
  static override paths = [["blindference", "staking", "unstake"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "begin to take the stake back",
    details: `
      All of it; the contract knows no part. It can be withdrawn 96 hours later, cannot be taken by failures meanwhile, and
      counts for nothing. When it can be withdrawn is what the contract says once the transaction is in its block.
    `,
    examples: [["Without a question", "$0 blindference staking unstake --yes"]],
  });

  protected async run(): Promise<number> {
    this.assertCanAsk();
    const opened = await this.opened();
    const account = await this.account(opened);
    return this.onChain(opened, account, async (chain) => {
      const steps = await unstakeSteps(chain, this.newDeed());
      const { staked } = await stakeOf(chain, account.address);
      this.say(`From     ${account.checksumAddress}`);
      this.say(`Amount   ${formatAmount(staked, ETHER)} BLIND, all that is staked`);
      const sent = await this.carryOut(chain, steps, "Unstake it?");
      const stake = shownStake(await stakeOf(chain, account.address), await chainSeconds(chain));
      if (this.json) this.printJson({ schema: 1, transactions: sent, stake });
      else for (const line of stakeLines(stake)) this.print(line);
      return EXIT.ok;
    });
  }
}
