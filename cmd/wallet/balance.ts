// fxn wallet balance: what networks' accounts have on their chains.
import { Command, Option } from "clipanion";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Keyring } from "../../src/keys/keyring.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { balancesOf, type Wallet, type WalletPorts } from "../../src/node/wallets.ts";
import { EXIT } from "../base.ts";
import { table } from "../table.ts";
import { WalletCommand } from "./wallet-command.ts";

interface Shown {
  readonly network: string;
  readonly chainId: number;
  readonly address: string;
  /** In the smallest unit, as text: JSON's numbers are too small. */
  readonly balances: readonly { readonly asset: string; readonly amount: string; readonly decimals: number }[];
  readonly error: string | null;
}

export class WalletBalanceCommand extends WalletCommand {
  static override paths = [["wallet", "balance"]];
  static override usage = Command.Usage({
    category: "Wallet",
    description: "show what networks' accounts have on their chains",
    details: `
      ETH, and the tokens in which the network pays. Networks that share an account show the same amounts. What a chain does
      not tell is shown as a failure of that network, and the command then ends with 1.
    `,
    examples: [
      ["All of them", "$0 wallet balance"],
      ["One, for a script", "$0 wallet balance --network oarn --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const { wallets, keyring, ports } = await this.wallets();
    const shown = await Promise.all(wallets.map((wallet) => this.#look(wallet, keyring, ports)));
    if (this.json) this.printJson({ schema: 1, wallets: shown });
    else this.#print(shown);
    return shown.some(({ error }) => error !== null) ? EXIT.failed : EXIT.ok;
  }

  async #look(wallet: Wallet, keyring: Keyring, ports: WalletPorts): Promise<Shown> {
    const address = await this.addressOf(wallet, keyring);
    const known = { network: wallet.network, chainId: wallet.use.chainId, address: checksumAddress(address) };
    try {
      const balances = await balancesOf(wallet, address, ports);
      const rows = balances.map(({ asset, amount }) => ({ asset, amount: String(amount), decimals: ETHER }));
      return { ...known, balances: rows, error: null };
    } catch (error) {
      return { ...known, balances: [], error: messageOf(error) };
    }
  }

  #print(shown: readonly Shown[]): void {
    const rows = shown.flatMap(({ network, chainId, address, balances }) =>
      balances.map(({ asset, amount }) => [
        ...[network, String(chainId), address, asset, formatAmount(BigInt(amount), ETHER)],
      ]),
    );
    if (rows.length > 0) this.print(table(["network", "chain", "account", "asset", "balance"], rows));
    for (const { network, error } of shown) if (error !== null) this.printError(`fxn: ${network}: ${error}`);
  }
}
