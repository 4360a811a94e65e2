// fxn blindference staking withdraw: what was unstaked, back to the account.
import { Command } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { stakeOf } from "../../../src/networks/blindference/contracts/reads.ts";
import { withdrawSteps } from "../../../src/networks/blindference/staking.ts";
import { EXIT } from "../../base.ts";
import { BlindferenceChainCommand } from "../chain-command.ts";

export class BlindferenceWithdrawCommand extends BlindferenceChainCommand {
  static override paths = [["blindference", "staking", "withdraw"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "withdraw what was unstaked",
    details: "From 96 hours after fxn blindference staking unstake, by the chain's clock. Before that it says when.",
    examples: [["Without a question", "$0 blindference staking withdraw --yes"]],
  });

  protected async run(): Promise<number> {
    this.assertCanAsk();
    const opened = await this.opened();
    const account = await this.account(opened);
    return this.onChain(opened, account, async (chain) => {
      const steps = await withdrawSteps(chain, this.newDeed());
      const amount = formatAmount((await stakeOf(chain, account.address)).unbonding, ETHER);
      this.say(`To       ${account.checksumAddress}`);
      this.say(`Amount   ${amount} BLIND`);
      const sent = await this.carryOut(chain, steps, "Withdraw it?");
      if (this.json) this.printJson({ schema: 1, transactions: sent, withdrawn: amount });
      else this.print(`Back     ${amount} BLIND`);
      return EXIT.ok;
    });
  }
}
