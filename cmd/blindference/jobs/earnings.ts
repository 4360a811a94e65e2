// fxn blindference jobs earnings: all that this node has earned, as the payment service has it.
import { Command } from "clipanion";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { EXIT } from "../../base.ts";
import { BlindferenceCommand } from "../blindference-command.ts";

export class BlindferenceJobsEarningsCommand extends BlindferenceCommand {
  static override paths = [["blindference", "jobs", "earnings"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "show what this node has earned",
    details: `
      As the payment service has it, which pays 0.6 BLIND to a leader and 0.2 to each verifier. No password is needed. fxn
      earnings sets what the running node has heard of it against the gas.
    `,
    examples: [["For a script", "$0 blindference jobs earnings --json"]],
  });

  protected async run(): Promise<number> {
    const { total_blind_earned: earned, jobs_count: jobs } = await (await this.payments(await this.opened())).total();
    const total = formatAmount(earned, ETHER);
    if (this.json) this.printJson({ schema: 1, earned: total, jobs });
    else this.print(`${total} BLIND from ${jobs} jobs`);
    return EXIT.ok;
  }
}
