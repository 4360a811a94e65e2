// fxn blindference staking stake: pays a stake in, after an approval of exactly that amount.
import { Command, Option, UsageError } from "clipanion";
import { ETHER, formatAmount, parseAmount } from "../../../src/core/amount.ts";
import { chainSeconds, stakeOf } from "../../../src/networks/blindference/contracts/reads.ts";
import { stakeSteps } from "../../../src/networks/blindference/staking.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import { BlindferenceChainCommand } from "../chain-command.ts";
import { shownStake, stakeLines } from "./stake-words.ts";

export class BlindferenceStakeCommand extends BlindferenceChainCommand {
  static override values: ValuesOf = { ...BlindferenceChainCommand.values };
  static override paths = [["blindference", "staking", "stake"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "stake BLIND",
    details: `
      Approves exactly AMOUNT, if less is approved, and stakes it; both are tried first, and their gas is said. Each call stakes
      1000 BLIND at least, one that adds to a stake too. Three claims in a row that were not kept take all of it.
    `,
    examples: [
      ["The least", "$0 blindference staking stake 1000"],
      ["In a script", "$0 blindference staking stake 1500.5 --yes --password-file ./password"],
    ],
  });

  amount = Option.String({ name: "AMOUNT" });

  protected async run(): Promise<number> {
    const amount = parseAmount(this.amount, ETHER);
    if (amount === undefined || amount === 0n)
      throw new UsageError(`AMOUNT: "${this.amount}" is no amount above 0, such as 1000`);
    this.assertCanAsk();
    const opened = await this.opened();
    const account = await this.account(opened);
    return this.onChain(opened, account, async (chain) => {
      const before = await stakeOf(chain, account.address);
      const steps = await stakeSteps(chain, amount, this.newDeed());
      this.say(`From     ${account.checksumAddress}`);
      this.say(`Amount   ${formatAmount(amount, ETHER)} BLIND`);
      if (before.staked > 0n) this.say(`Adds to  ${formatAmount(before.staked, ETHER)} BLIND that are staked`);
      if (before.unbonding > 0n)
        this.say(`Beside   ${formatAmount(before.unbonding, ETHER)} BLIND that are being unstaked, and stay so`);
      const sent = await this.carryOut(chain, steps, "Stake it?");
      const stake = shownStake(await stakeOf(chain, account.address), await chainSeconds(chain));
      if (this.json) this.printJson({ schema: 1, transactions: sent, stake });
      else for (const line of stakeLines(stake)) this.print(line);
      return EXIT.ok;
    });
  }
}
