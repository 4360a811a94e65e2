// fxn blindference jobs claim: there is nothing to claim, and it says so.
import { Command } from "clipanion";
import { EXIT, FxnCommand } from "../../base.ts";

export class BlindferenceJobsClaimCommand extends FxnCommand {
  static override paths = [["blindference", "jobs", "claim"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "say why nothing has to be claimed",
    details: "The payment service sends rewards by itself.",
    examples: [["It does nothing", "$0 blindference jobs claim"]],
  });

  protected async run(): Promise<number> {
    this.print("Nothing has to be claimed: the payment service sends rewards to the account by itself.");
    this.print("See: fxn blindference jobs earnings, and fxn blindference balance.");
    return EXIT.ok;
  }
}
