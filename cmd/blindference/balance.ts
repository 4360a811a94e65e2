// fxn blindference balance: the BLIND of this node's account, and the ETH that pays its gas.
import { Command } from "clipanion";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { balancesOf } from "../../src/node/wallets.ts";
import { EXIT } from "../base.ts";
import { BlindferenceCommand } from "./blindference-command.ts";

export class BlindferenceBalanceCommand extends BlindferenceCommand {
  static override paths = [["blindference", "balance"]];
  static override usage = Command.Usage({
    category: "Blindference",
    description: "show the account's BLIND, and its ETH for gas",
    details: "What is staked is not among it. No password is needed. fxn wallet balance shows all networks' accounts.",
    examples: [["For a script", "$0 blindference balance --json"]],
  });

  protected async run(): Promise<number> {
    const opened = await this.opened();
    const address = await this.address(opened);
    const balances = await balancesOf(opened.wallet, address, opened.ports);
    const shown = balances.map(({ asset, amount }) => ({ asset, amount: formatAmount(amount, ETHER) }));
    if (this.json) this.printJson({ schema: 1, address: checksumAddress(address), balances: shown });
    else {
      this.print(`Account  ${checksumAddress(address)}`);
      for (const { asset, amount } of shown) this.print(`${asset.padEnd(8)} ${amount}`);
    }
    return EXIT.ok;
  }
}
