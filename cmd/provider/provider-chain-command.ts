// What commands share that change this node's registration: planned on the chain, said with its cost, asked, then sent.
import { Option } from "clipanion";
import type { Call } from "../../registries/provider/calls.ts";
import { alreadySo, type Plan } from "../../registries/provider/plans.ts";
import { type Standing, standingOf } from "../../registries/provider/reads.ts";
import { type Moved, NOTHING_MOVED } from "../../registries/provider/transfers.ts";
import { TransactionError } from "../../src/chain/errors.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { FxnError } from "../../src/core/errors.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import {
  type Left,
  openProviderAccount,
  openProviderReads,
  type ProviderAccount,
  type ProviderReads,
} from "../../src/node/provider-account.ts";
import { EXIT } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { BLOCK_WAIT_MS, confirmed, refuseWithoutTerminal, type SentStep, sentStep } from "../sending.ts";
import { type Agreed, agreedPlan } from "./agreed-plan.ts";
import { ProviderCommand, type ProviderHome, shownProvider } from "./provider-command.ts";

export interface Wish {
  /** "Pause it?" */
  readonly question: string;
  /** @param left what earlier runs had left on its way @throws ProviderError, RpcError */
  plan(chain: ProviderReads, standing: Standing, left: readonly Left[]): Promise<Plan>;
}

export interface Outcome {
  /** When it was planned. */
  readonly before: Standing;
  /** undefined: the chain could not be asked any more once it was done. */
  readonly after: Standing | undefined;
  readonly plan: Plan;
  readonly sent: readonly SentStep[];
  /** Of FUNC, by the receipts. */
  readonly moved: Moved;
}

export abstract class ProviderChainCommand extends ProviderCommand {
  static override values: ValuesOf = ProviderCommand.values;

  yes = Option.Boolean("--yes", false, { description: "Do not ask" });
  dryRun = Option.Boolean("--dry-run", false, {
    description: "Show what would be sent and what it would cost, and send nothing; needs no password",
  });

  /** What was sent and is in a block, also when what came after it has failed. */
  protected readonly sent: SentStep[] = [];

  /** From the chain's state to what became of it, told to people on the way and to machines at the end. */
  protected async fulfil(wish: Wish): Promise<number> {
    const outcome = await this.fulfilled(await this.opened(), wish);
    if (this.json) this.printJson(this.shown(outcome));
    return EXIT.ok;
  }

  protected async fulfilled(opened: ProviderHome, wish: Wish): Promise<Outcome> {
    const { home, config, ports } = opened;
    const router = config.registry.routerSmartContractAddress;
    const address = await this.address(opened);
    const stands = (chain: ProviderReads) => chain.read((view) => standingOf(view, router, address));
    if (this.dryRun) {
      const chain = openProviderReads(config, address, ports);
      try {
        const before = await stands(chain);
        const plan = await wish.plan(chain, before, []);
        await this.#say(chain, before, plan);
        if (plan.calls.length > 0) this.say("Nothing was sent (--dry-run)");
        return { before, after: before, plan, sent: [], moved: NOTHING_MOVED };
      } finally {
        chain.close();
      }
    }
    const chain = await openProviderAccount(home, config, await this.account(opened), ports);
    try {
      const first = await stands(chain);
      const left = await chain.left(first.func, AbortSignal.timeout(BLOCK_WAIT_MS));
      for (const one of left) this.say(`Earlier  ${leftWords(one)}`);
      const before = left.length > 0 ? await stands(chain) : first;
      const planned = async (standing: Standing) => ({
        before: standing,
        plan: await wish.plan(chain, standing, left),
      });
      const agreed = await agreedPlan(await planned(before), {
        chain,
        show: (one) => this.#say(chain, one.before, one.plan),
        ask: this.yes ? undefined : () => this.#confirmed(wish.question),
        again: async () => planned(await stands(chain)),
      });
      const moved = await this.#carryOut(chain, agreed);
      const after = this.sent.length > 0 ? await this.#afterwards(stands(chain)) : agreed.before;
      return { before: agreed.before, after, plan: agreed.plan, sent: this.sent, moved };
    } catch (error) {
      if (error instanceof TransactionError && error.code === "transaction_pending")
        this.printError("fxn: the transaction is signed: the same command again waits for it, and makes no second one");
      throw error;
    } finally {
      chain.close();
    }
  }

  async #say(chain: ProviderReads, standing: Standing, { calls, moved, gas, already }: Plan): Promise<void> {
    if (already !== undefined) this.say(`Nothing  ${already}`);
    const [first, ...more] = calls;
    if (!first) return;
    this.say(`Account  ${checksumAddress(standing.account)}`);
    this.say(`Chain    ${standing.chainId}`);
    for (const { signature, contract, to } of calls) {
      this.say(`Call     ${signature}`);
      this.say(`  of     ${contract} ${checksumAddress(to)}`);
    }
    if (moved && moved.out > 0n)
      this.say(`Takes    ${func(moved.out)} of the ${func(standing.funcBalance)} in the account`);
    if (moved && moved.in > 0n) this.say(`Gives    ${func(moved.in)} to the account`);
    const { cost, gas: limit } = await chain.estimate(first);
    this.say(`Gas      ${eth(cost)} at most (${first.what})`);
    // A later call cannot be estimated before the one that it follows is done; it can be simulated.
    more.forEach(({ what }, i) => {
      const simulated = gas?.[i + 1];
      const about =
        simulated === undefined ? "said before it is sent" : `about ${eth((limitOf(simulated) * cost) / limit)}`;
      this.say(`Gas      ${about} (${what}, afterwards)`);
    });
  }

  async #confirmed(question: string): Promise<void> {
    refuseWithoutTerminal(this.terminal());
    await confirmed(this.terminal(), question);
  }

  /** It is done, whether that can be looked at or not. */
  async #afterwards(standing: Promise<Standing>): Promise<Standing | undefined> {
    try {
      return await standing;
    } catch (error) {
      if (!(error instanceof FxnError)) throw error;
      this.printError(`fxn: it is done, and how it stands now cannot be read: ${error.message}`);
      return undefined;
    }
  }

  async #carryOut(chain: ProviderAccount, { before, deeds }: Agreed): Promise<Moved> {
    const moved = { out: 0n, in: 0n };
    for (const [i, deed] of deeds.entries()) {
      const { call } = deed;
      if (i > 0) await this.#sayGas(chain, call);
      const done = await chain.send(deed, before.func, AbortSignal.timeout(BLOCK_WAIT_MS));
      const step = sentStep(call.what, done.receipt);
      this.say(`Sent     ${step.transaction}`);
      this.say(`  as     ${step.what}, in block ${step.block}, for ${step.gas} ETH`);
      this.sent.push(step);
      moved.out += done.moved.out;
      moved.in += done.moved.in;
    }
    if (moved.out > 0n) this.say(`Taken    ${func(moved.out)}`);
    if (moved.in > 0n) this.say(`Got      ${func(moved.in)}`);
    return moved;
  }

  /** Of a later call. Refused where another run has just made it: `send` then waits for that one, or is refused itself. */
  async #sayGas(chain: ProviderReads, call: Call): Promise<void> {
    try {
      this.say(`Gas      ${eth((await chain.estimate(call)).cost)} at most (${call.what})`);
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
    }
  }

  protected shown({ before, after, plan, sent, moved }: Outcome) {
    return {
      schema: 1,
      chainId: before.chainId,
      account: checksumAddress(before.account),
      already: plan.already ?? null,
      dryRun: this.dryRun,
      calls: plan.calls.map(({ what, signature, contract, to }) => ({
        ...{ what, call: signature, contract, address: checksumAddress(to) },
      })),
      transactions: sent,
      func: { taken: formatAmount(moved.out, ETHER), got: formatAmount(moved.in, ETHER) },
      providers: after?.providers.map(shownProvider) ?? null,
    };
  }
}

/** What was asked for is what an earlier run had left on its way, and is done by now. */
export function doneBefore(left: readonly Left[], { to, data }: Call): Plan | undefined {
  const done = left.find(({ call, receipt }) => receipt && call.to === to && call.data === data);
  return done?.receipt && alreadySo(`done by the transaction ${done.receipt.transaction} of an earlier run`);
}

function leftWords({ what, receipt, failure }: Left): string {
  const came = receipt ? `is in block ${receipt.block}: ${receipt.transaction}` : `came to nothing: ${failure ?? ""}`;
  return `the ${what} of a run that was interrupted ${came}`;
}

/** A fifth more than needed is what is signed for, as by chain/plan.ts. */
function limitOf(gas: bigint): bigint {
  return gas + gas / 5n;
}

function eth(wei: bigint): string {
  return `${formatAmount(wei, ETHER)} ETH`;
}

function func(amount: bigint): string {
  return `${formatAmount(amount, ETHER)} FUNC`;
}
