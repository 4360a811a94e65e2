// fxn oarn wallet balance: what OARN's account has, and how many tasks it was paid for.
import { Command, Option } from "clipanion";
import { balancesAt } from "../../../src/chain/tokens.ts";
import { ETHER, formatAmount } from "../../../src/core/amount.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { openKeyring } from "../../../src/keys/keyring.ts";
import { checksumAddress } from "../../../src/lib/ethereum.ts";
import { jobRecords } from "../../../src/networks/jobs/job-book.ts";
import { oarnNetwork } from "../../../src/networks/oarn/network.ts";
import { openReadOnly } from "../../../src/store/database.ts";
import { networkState } from "../../../src/store/network-state.ts";
import { EXIT } from "../../base.ts";
import { OarnCommand, type OarnHome } from "../oarn-command.ts";

export class OarnWalletBalanceCommand extends OarnCommand {
  static override paths = [["oarn", "wallet", "balance"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "show what OARN's account has",
    details: `
      ETH, in which rewards are paid and gas is, and COMP and GOV where their contracts are known; COMP is paid by none of the
      contracts. Tasks are those of this home that were paid. It needs no password. There is nothing to claim: rewards come
      to the account by themselves.
    `,
    examples: [["For a script", "$0 oarn wallet balance --json"]],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const home = await this.oarn();
    const address = this.addressIn(home) ?? (await this.#opened(home));
    // Whoever has no ETH yet wants the address, whatever the chain says.
    if (!this.json) this.print(`Account  ${checksumAddress(address)}`);
    return this.reading(home, async ({ chain, tokenReward, govToken }) => {
      const tokens = [
        ...(tokenReward === undefined ? [] : [{ asset: "COMP", address: tokenReward }]),
        ...(govToken === undefined ? [] : [{ asset: "GOV", address: govToken }]),
      ];
      const balances = await chain.read((view) => balancesAt(view, address, tokens));
      const of = (asset: string) => {
        const found = balances.find((one) => one.asset === asset);
        return found && formatAmount(found.amount, ETHER);
      };
      const completed = this.#completed();
      if (this.json)
        this.printJson({
          address: checksumAddress(address),
          eth_balance: of("ETH") ?? "0",
          comp_balance: of("COMP") ?? null,
          tasks_completed: completed,
        });
      else {
        for (const { asset, amount } of balances) this.print(`${asset.padEnd(8)} ${formatAmount(amount, ETHER)}`);
        this.print(`Tasks    ${completed} paid`);
      }
      return EXIT.ok;
    });
  }

  /** A key's file that does not say its address. */
  async #opened({ loaded, account, own }: OarnHome) {
    const keyring = openKeyring(this.homeDir(), this.passwords(loaded.config.keystore.passwordFile));
    return (await keyring.signer(account, own)).address;
  }

  #completed(): number {
    const db = openReadOnly(this.homeDir());
    if (!db) return 0;
    try {
      return jobRecords(networkState(db, oarnNetwork.id, systemClock)).filter(({ outcome }) => outcome === "settled")
        .length;
    } finally {
      db.close();
    }
  }
}
