// One account's way to one chain: what is asked of it, and transactions that are made once, whatever happens between.
import { getTransactionCount } from "viem/actions";
import type { Address } from "../core/address.ts";
import { sleep } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { StoredTransaction } from "../core/transactions.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { Chain, ChainView, Intent, Receipt } from "./chain.ts";
import { TransactionError } from "./errors.ts";
import { failureOf } from "./failure.ts";
import { withinDay } from "./fees.ts";
import { type Plan, planOf } from "./plan.ts";
import { Rpc } from "./rpc.ts";
import { RpcError } from "./rpc-errors.ts";
import { type ChainOptions, TIMING, type Timing, type UpkeepOptions } from "./settings.ts";
import { signTransaction } from "./sign.ts";
import { Upkeep, type UpkeepPorts } from "./upkeep.ts";

const FORGET_EVERY_MS = 3_600_000;

export interface ChainClientPorts extends Omit<UpkeepPorts, "rpc"> {
  readonly fetch: Fetch;
}

export class ChainClient implements Chain {
  readonly chainId: number;
  readonly account: Address;
  readonly #options: UpkeepOptions & Timing;
  readonly #ports: UpkeepPorts;
  readonly #upkeep: Upkeep;
  #pass: Promise<void> | undefined;

  constructor(options: ChainOptions, ports: ChainClientPorts) {
    const { chainId, rpcUrls, confirmations = 1, timing, maxFeePerGas, network, gasPerDay } = options;
    const { rpcSetting = `networks.${network}.rpcUrls` } = options;
    this.chainId = chainId;
    this.account = ports.account.address;
    const own = { network, chainId, gasPerDay, maxFeePerGas, confirmations };
    this.#options = { ...own, ...TIMING, ...timing };
    const rpc = new Rpc({ urls: rpcUrls, chainId, hint: `Check ${rpcSetting} in config.yaml.` }, ports);
    this.#ports = { ...ports, rpc };
    this.#upkeep = new Upkeep(this.#options, this.#ports);
  }

  /** An RPC that is behind does not know what was done already: it is waited for, for a while. */
  async read<T>(work: (view: ChainView) => Promise<T>): Promise<T> {
    const { rpc, clock } = this.#ports;
    const { firstPollMs, lagMs } = this.#options;
    const begun = clock.monotonic();
    for (;;) {
      let behind = false;
      try {
        return await rpc.read(async (view) => {
          behind = true;
          await this.#upkeep.floor.reachedBy(view);
          behind = false;
          return work(view);
        });
      } catch (error) {
        if (!behind || clock.monotonic() - begun >= lagMs) throw error;
      }
      await sleep(clock, firstPollMs);
    }
  }

  async estimate(intent: Intent): Promise<{ readonly gas: bigint; readonly cost: bigint }> {
    const standing = this.#standing(intent);
    if (standing) return { gas: standing.gas, cost: standing.mined?.cost ?? mostOf(standing) };
    const { gas, cost } = await this.#plan(intent);
    withinDay(cost, this.#ports.transactions.spent(intent.network), this.#options.gasPerDay);
    return { gas, cost };
  }

  async send(intent: Intent, signal: AbortSignal): Promise<Receipt> {
    for (;;) {
      const sent = this.#standing(intent) ?? (await this.#made(intent, signal));
      const end = await this.#ended(sent, signal);
      if (end.mined?.success) return receiptOf(end.mined);
      if (end.mined) throw await failureOf(this.#ports.rpc, this.account, intent, end.mined);
    }
  }

  /** Looks after what is on its way, of earlier runs too, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, transactions, log } = this.#ports;
    const close = () => this.close();
    signal.addEventListener("abort", close, { once: true });
    let forgetAt = clock.monotonic();
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => {
        if (!signal.aborted)
          log.warn({ chain: this.chainId, error: String(error) }, "transactions are not looked after");
      });
      if (!signal.aborted && clock.monotonic() >= forgetAt) forgetAt = await this.#forget();
      const busy = transactions.open().some(({ state }) => state === "sent");
      await sleep(clock, busy ? this.#options.pollMs : this.#options.idleMs, signal);
    }
    close();
  }

  /** @returns when to do it again, monotonic milliseconds; a disk that is full is no reason to stop */
  async #forget(): Promise<number> {
    const { clock, transactions, log } = this.#ports;
    const more = await transactions.forget().catch((error: unknown) => {
      log.debug({ chain: this.chainId, error: String(error) }, "old transactions are still there");
      return false;
    });
    return clock.monotonic() + (more ? 0 : FORGET_EVERY_MS);
  }

  /** Ends what is under way; nothing is asked afterwards. */
  close(): void {
    this.#ports.rpc.close();
  }

  #standing({ key }: Intent): StoredTransaction | undefined {
    const known = this.#ports.transactions.ofKey(key);
    return known?.state === "replaced" ? undefined : known;
  }

  /** What another process has made of it meanwhile is why the chain refuses it a second time: that one counts. */
  async #made(intent: Intent, signal: AbortSignal): Promise<StoredTransaction> {
    try {
      return await this.#make(intent, signal);
    } catch (error) {
      const made = error instanceof TransactionError ? this.#standing(intent) : undefined;
      if (!made) throw error;
      return made;
    }
  }

  /** @throws TransactionError when another wallet took the nonce of the one before, and the caller wants no new one */
  async #make(intent: Intent, signal: AbortSignal): Promise<StoredTransaction> {
    const { transactions, metrics, account, log } = this.#ports;
    const before = transactions.ofKey(intent.key);
    if (before && !(await intent.again?.())) throw replaced(before);
    const { key, network, job, model, to, data, value = 0n } = intent;
    const { gas, fees, cost, nonce } = await this.#plan(intent).catch((error: unknown) => {
      if (error instanceof TransactionError) metrics.transaction(network, "refused");
      throw error;
    });
    const from = await this.#firstFree(nonce);
    if (signal.aborted) throw pending(key);
    const wanted = { key, network, job, model, to, data, value, gas };
    const made = await transactions.reserve({
      ...{ wanted, from },
      admit: (spent) => withinDay(cost, spent, this.#options.gasPerDay),
      sign: (at) => signTransaction(wanted, { chainId: this.chainId, nonce: at, fees, account }),
    });
    if (!made) throw new Error("a nonce of no gap is never given away");
    metrics.transaction(network, "signed");
    await this.#upkeep.send(made).catch(orLater(log, network));
    return made;
  }

  #plan(intent: Intent): Promise<Plan> {
    const { transactions } = this.#ports;
    const waiting = transactions.open().filter(({ state }) => state === "sent");
    const outstanding = waiting.reduce((sum, one) => sum + one.value + mostOf(one), 0n);
    const { maxFeePerGas } = this.#options;
    return planOf(this, intent, { account: this.account, maxFeePerGas, outstanding });
  }

  /**
   * What one RPC says, if our own count agrees. Else another wallet uses the account, or an RPC is behind or lies: all are
   * asked, and of three and more the highest is left out, since a nonce that is too high holds up all that follow.
   */
  async #firstFree(nonce: number): Promise<number> {
    const { rpc, transactions } = this.#ports;
    if (nonce === transactions.next()) return nonce;
    const counts = await rpc.everywhere(({ client }) =>
      getTransactionCount(client, { address: this.account, blockTag: "pending" }),
    );
    const sorted = counts.toSorted((a, b) => b - a);
    return sorted[sorted.length > 2 ? 1 : 0] ?? nonce;
  }

  async #ended(sent: StoredTransaction, signal: AbortSignal): Promise<StoredTransaction> {
    const { transactions, clock, log } = this.#ports;
    let one = sent;
    let wait = Math.min(this.#options.firstPollMs, this.#options.pollMs);
    while (one.state === "sent") {
      if (signal.aborted) throw pending(one.key);
      await this.#look().catch(orLater(log, one.network));
      one = transactions.ofKey(one.key) ?? one;
      if (one.state === "sent") await sleep(clock, wait, signal);
      wait = Math.min(2 * wait, this.#options.pollMs);
    }
    return one;
  }

  /** One at a time, whoever wants it. */
  #look(): Promise<void> {
    this.#pass ??= this.#upkeep.pass().finally(() => {
      this.#pass = undefined;
    });
    return this.#pass;
  }
}

type Mined = NonNullable<StoredTransaction["mined"]>;

/** RPCs that are down for a while: what was written is sent when they are back. */
function orLater(log: Log, network: string) {
  return (error: unknown): void => {
    if (!(error instanceof RpcError)) throw error;
    log.debug({ network, error: error.message }, "a transaction is not looked after");
  };
}

function mostOf({ gas, attempts }: StoredTransaction): bigint {
  return gas * (attempts.at(-1)?.maxFee ?? 0n);
}

function receiptOf({ hash, block, logs, cost }: Mined): Receipt {
  return { transaction: hash, block, logs, cost };
}

function replaced({ nonce }: StoredTransaction): TransactionError {
  const message = `another wallet has used nonce ${nonce} of this account`;
  return new TransactionError("transaction_replaced", message, { hint: "Give the account's key to no other program." });
}

function pending(key: string): TransactionError {
  const hint = "It is sent again until it is in a block.";
  return new TransactionError("transaction_pending", `the transaction for ${key} is in no block yet`, { hint });
}
