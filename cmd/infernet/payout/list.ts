// fxn infernet payout list: the addresses that the control plane pays this node to.
import { Command, Option } from "clipanion";
import { clean } from "../../../src/lib/clean.ts";
import { listPayouts } from "../../../src/networks/infernet/routes.ts";
import { EXIT } from "../../base.ts";
import { table } from "../../table.ts";
import { InfernetCommand } from "../infernet-command.ts";

export class InfernetPayoutListCommand extends InfernetCommand {
  static override paths = [["infernet", "payout", "list"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "list the addresses that this node is paid to",
    details: "As the control plane has them, the default one first.",
    examples: [["All of them", "$0 infernet payout list"]],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const rows = await listPayouts((await this.infernet()).plane);
    if (this.json) this.printJson({ schema: 1, payouts: rows });
    else if (rows.length === 0) this.print("None. Set one with: fxn infernet payout set COIN ADDRESS");
    else {
      const cells = rows.map((row) =>
        [row.is_default ? "*" : "", row.coin, row.network, row.address].map((cell) => clean(cell)),
      );
      this.print(table(["default", "coin", "network", "address"], cells));
    }
    return EXIT.ok;
  }
}
