// fxn blindference staking status: what is staked, what is being unstaked, and how many failures are counted.
import { Command } from "clipanion";
import { checksumAddress } from "../../../src/lib/ethereum.ts";
import { chainSeconds, stakeOf } from "../../../src/networks/blindference/contracts/reads.ts";
import { EXIT } from "../../base.ts";
import { BlindferenceCommand } from "../blindference-command.ts";
import { shownStake, stakeLines } from "./stake-words.ts";

export class BlindferenceStakingStatusCommand extends BlindferenceCommand {
  static override paths = [["blindference", "staking", "status"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "show the stake",
    details: "As the contract has it. No password is needed.",
    examples: [["For a script", "$0 blindference staking status --json"]],
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const address = await this.address(opened);
    const stake = await this.reading(opened, async (chain) =>
      shownStake(await stakeOf(chain, address), await chainSeconds(chain)),
    );
    if (this.json) this.printJson({ schema: 1, address: checksumAddress(address), ...stake });
    else for (const line of [`Account     ${checksumAddress(address)}`, ...stakeLines(stake)]) this.print(line);
    return EXIT.ok;
  }
}
