// fxn infernet payout set: where this node's work is paid to.
import { Command, Option } from "clipanion";
import { COINS, payeeOf } from "../../../src/networks/infernet/payout-coins.ts";
import { setPayout } from "../../../src/networks/infernet/routes.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import { InfernetCommand } from "../infernet-command.ts";

const NETWORKS = [...new Set(Object.values(COINS).flatMap((networks) => Object.keys(networks)))];

export class InfernetPayoutSetCommand extends InfernetCommand {
  static override values: ValuesOf = { ...InfernetCommand.values, COIN: Object.keys(COINS), "--network": NETWORKS };
  static override paths = [["infernet", "payout", "set"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "say where this node is paid",
    details: `
      Sets the address for COIN, which becomes the default one. The control plane looks at no address, so fxn does: kind,
      length and checksum must be right. The node must be registered.
    `,
    examples: [
      ["USDC on Base", "$0 infernet payout set USDC 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed --network base"],
      ["Bitcoin", "$0 infernet payout set BTC bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
    ],
  });

  coin = Option.String({ name: "COIN", required: true });
  address = Option.String({ name: "ADDRESS", required: true });
  network = Option.String("--network", { description: "On which network; default: the coin's own" });

  protected async run(): Promise<number> {
    const payee = payeeOf(this.coin, this.address, this.network);
    const { plane } = await this.infernet();
    await setPayout(plane, payee);
    this.print(`${payee.coin} on ${payee.network} is paid to ${payee.address}, by default from now on.`);
    return EXIT.ok;
  }
}
