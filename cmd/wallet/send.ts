// fxn wallet send: ETH or a token from a network's account, through the queue that its node uses.
import { randomUUID } from "node:crypto";
import { Command, Option, UsageError } from "clipanion";
import { TransactionError } from "../../src/chain/errors.ts";
import { ETHER, formatAmount, parseAmount } from "../../src/core/amount.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { parseRecipient } from "../../src/lib/recipient.ts";
import { openWalletChain, type Transfer, transferIntent, type Wallet } from "../../src/node/wallets.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { BLOCK_WAIT_MS, confirmed, refuseWithoutTerminal } from "../sending.ts";
import { WalletCommand } from "./wallet-command.ts";

export class WalletSendCommand extends WalletCommand {
  static override values: ValuesOf = { ...WalletCommand.values };
  static override paths = [["wallet", "send"]];
  static override usage = Command.Usage({
    category: "Wallet",
    description: "send ETH or a token from a network's account",
    details: `
      Says first what is sent and what its gas may cost, tries it on the chain without sending, and asks, unless --yes is given.
      Then it waits for the block. The node may run meanwhile: both have one queue. A transaction that is in no block yet when
      the command ends stays in that queue: a node that runs sends it again, so do not send twice.

      The gas counts against the network's gasPerDay, apart from the network's own transactions.
    `,
    examples: [
      ["Some ETH", "$0 wallet send 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed 0.01 --network oarn"],
      ["A token, in a script", "$0 wallet send 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed 12.5 --asset COMP --yes"],
    ],
  });

  to = Option.String({ name: "TO" });
  amount = Option.String({ name: "AMOUNT" });
  asset = Option.String("--asset", "ETH", { description: "ETH, or a token of the network" });
  yes = Option.Boolean("--yes", false, { description: "Do not ask" });

  protected async run(): Promise<number> {
    const transfer = this.#transfer();
    const { wallets, keyring, ports } = await this.wallets();
    const wallet = this.#one(wallets);
    const intent = transferIntent(wallet, transfer, randomUUID());
    if (!this.yes) refuseWithoutTerminal(this.terminal());
    const account = await keyring.signer(wallet.account, wallet.own);
    const { chain, close } = openWalletChain(this.homeDir(), wallet, account, ports);
    try {
      const { cost } = await chain.estimate(intent);
      this.#say(wallet, account.checksumAddress, transfer, cost);
      if (!this.yes) await confirmed(this.terminal(), "Send it? It cannot be taken back.");
      const receipt = await chain.send(intent, AbortSignal.timeout(BLOCK_WAIT_MS));
      this.print(`Sent     ${receipt.transaction}`);
      this.print(`Block    ${receipt.block}`);
      this.print(`Gas      ${formatAmount(receipt.cost, ETHER)} ETH`);
      return EXIT.ok;
    } catch (error) {
      if (error instanceof TransactionError && error.code === "transaction_pending")
        this.printError("fxn: the transaction is signed and stays in the queue: do not send it again");
      throw error;
    } finally {
      close();
    }
  }

  #transfer(): Transfer {
    const to = parseRecipient(this.to);
    if ("problem" in to) throw new UsageError(`TO: "${this.to}" ${to.problem}`);
    const amount = parseAmount(this.amount, ETHER);
    if (amount === undefined || amount === 0n)
      throw new UsageError(`AMOUNT: "${this.amount}" is no amount above 0, such as 0.01`);
    return { to: to.address, amount, asset: this.asset };
  }

  #one([first, ...more]: readonly Wallet[]): Wallet {
    if (first && more.length === 0) return first;
    const known = [first, ...more].map((wallet) => wallet?.network).join(", ");
    throw new UsageError(`from whose account? Give --network, one of ${known}`);
  }

  #say({ network, use }: Wallet, from: string, { to, amount, asset }: Transfer, cost: bigint): void {
    this.print(`From     ${from} (${network})`);
    this.print(`To       ${checksumAddress(to)}`);
    this.print(`Amount   ${formatAmount(amount, ETHER)} ${asset}`);
    this.print(`Chain    ${use.chainId}`);
    this.print(`Gas      ${formatAmount(cost, ETHER)} ETH at most`);
  }
}
