// What commands share that send transactions: what it costs is said first, then asked, then sent one after the other.
import { randomUUID } from "node:crypto";
import { Option } from "clipanion";
import type { Chain } from "../../src/chain/chain.ts";
import { TransactionError } from "../../src/chain/errors.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import type { EthereumAccount } from "../../src/core/ethereum.ts";
import type { Step } from "../../src/networks/blindference/staking.ts";
import { openWalletChain } from "../../src/node/wallets.ts";
import { BLOCK_WAIT_MS, confirmed, refuseWithoutTerminal, type SentStep, sentStep } from "../sending.ts";
import { BlindferenceCommand, type BlindferenceHome } from "./blindference-command.ts";

export abstract class BlindferenceChainCommand extends BlindferenceCommand {
  yes = Option.Boolean("--yes", false, { description: "Do not ask" });

  /** Before a password is asked for in vain. @throws PromptError */
  protected assertCanAsk(): void {
    if (!this.yes) refuseWithoutTerminal(this.terminal());
  }

  protected async onChain<T>(
    opened: BlindferenceHome,
    account: EthereumAccount,
    work: (chain: Chain) => Promise<T>,
  ): Promise<T> {
    const { chain, close } = openWalletChain(opened.home, opened.wallet, account, opened.ports);
    try {
      return await work(chain);
    } catch (error) {
      if (error instanceof TransactionError && error.code === "transaction_pending")
        this.printError("fxn: the transaction is signed and stays in the queue: do not send it again");
      throw error;
    } finally {
      close();
    }
  }

  /** A later step cannot be tried before the one that it follows is done: its cost is said then. */
  protected async carryOut(chain: Chain, steps: readonly Step[], question: string | undefined): Promise<SentStep[]> {
    const sent: SentStep[] = [];
    for (const { what, intent } of steps) {
      const { cost } = await chain.estimate(intent);
      this.say(`Gas      ${formatAmount(cost, ETHER)} ETH at most (${what})`);
      if (sent.length === 0 && question !== undefined) await this.confirm(question);
      const done = sentStep(what, await chain.send(intent, AbortSignal.timeout(BLOCK_WAIT_MS)));
      this.say(`Sent     ${done.transaction} (${what}, block ${done.block}, ${done.gas} ETH)`);
      sent.push(done);
    }
    return sent;
  }

  protected async confirm(question: string): Promise<void> {
    if (!this.yes) await confirmed(this.terminal(), question);
  }

  /** Of one wish: who wants to stake twice may. */
  protected newDeed(): string {
    return randomUUID();
  }
}
