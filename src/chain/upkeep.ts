// The queue of an account, kept moving: sends again what got lost, raises fees, and finds out what came of each.
import type { Address } from "../core/address.ts";
import type { ChainMetrics } from "../core/chain.ts";
import type { Clock } from "../core/clock.ts";
import type { GasBook } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Log } from "../core/log.ts";
import type { Attempt, Mined, StoredTransaction, Transactions } from "../core/transactions.ts";
import { broadcast } from "./broadcast.ts";
import { TransactionError } from "./errors.ts";
import { type Facts, factsOf, findMined } from "./facts.ts";
import { type Fees, marketFees, raised, withinDay } from "./fees.ts";
import { Floor } from "./floor.ts";
import { Gaps } from "./gaps.ts";
import type { Rpc } from "./rpc.ts";
import type { UpkeepOptions } from "./settings.ts";
import { signTransaction } from "./sign.ts";

export interface UpkeepPorts {
  readonly rpc: Rpc;
  readonly account: EthereumAccount;
  readonly transactions: Transactions;
  readonly earnings: GasBook;
  readonly metrics: ChainMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

export class Upkeep {
  /** Of the blocks in which transactions of ours were seen. */
  readonly floor: Floor;
  readonly #options: UpkeepOptions;
  readonly #ports: UpkeepPorts;
  readonly #address: Address;
  /** When bytes were sent last, by their hash. */
  readonly #sentAt = new Map<string, number>();
  readonly #cheap = new Set<string>();
  /** Since when the nonce of a transaction is used, and not by it, by its id. */
  readonly #goneSince = new Map<number, number>();
  readonly #gaps: Gaps;

  constructor(options: UpkeepOptions, ports: UpkeepPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#address = ports.account.address;
    this.floor = new Floor(ports.clock);
    this.#gaps = new Gaps(options, { ...ports, send: (one, attempt) => this.send(one, attempt) });
  }

  /** Looks at all that is open, once. @throws RpcError, StoreError */
  async pass(): Promise<void> {
    const open = this.#ports.transactions.open();
    if (open.length === 0) return;
    const of = { address: this.#address, settledAfter: this.#options.settledAfter };
    const facts = await this.#ports.rpc.read((view) => factsOf(view, open, of));
    for (const one of open) await this.#settle(one, facts);
    await this.#gaps.close(facts);
  }

  /** To every RPC; what none of them takes is tried again by later passes. */
  async send({ network, nonce, attempts }: StoredTransaction, attempt = attempts.at(-1)): Promise<void> {
    const { rpc, clock, log } = this.#ports;
    if (!attempt) return;
    const { hash, raw } = attempt;
    const answers = await broadcast(rpc, raw);
    this.#sentAt.set(hash, clock.monotonic());
    if (answers.some(({ kind }) => kind === "taken" || kind === "used")) return;
    if (answers.some(({ kind }) => kind === "cheap")) this.#cheap.add(hash);
    const why = answers.flatMap((answer) => ("why" in answer ? [answer.why] : ["its fees are too low"])).join("; ");
    log.warn({ network, nonce, transaction: hash, why }, "no RPC takes a transaction");
  }

  #settle(one: StoredTransaction, facts: Facts): Promise<void> {
    const now = facts.mined.get(one.id);
    if (now) return this.#isMined(one, now, facts.block);
    return one.mined ? this.#isLost(one, one.mined, facts.block) : this.#isOpen(one, facts);
  }

  async #isMined(one: StoredTransaction, now: Mined, block: bigint): Promise<void> {
    const { transactions, earnings, metrics, clock, log } = this.#ports;
    const depth = block - now.block + 1n;
    const was = one.mined;
    const known = was?.hash === now.hash && was.blockHash === now.blockHash && was.block === now.block;
    if (!known && depth >= BigInt(this.#options.confirmations)) {
      const { network, job, model, nonce } = one;
      const transaction = now.hash;
      // First: written twice it counts once, and after a crash in between it would be left out.
      const gas = {
        at: clock.now(),
        network,
        job,
        model,
        kind: "gas",
        asset: "ETH",
        amount: now.cost,
        transaction,
      } as const;
      await earnings.spent(network, hashesOf(one), gas);
      if (await transactions.mined(one.id, now)) {
        metrics.transaction(network, now.success ? "mined" : "failed");
        log.info({ network, nonce, transaction, block: String(now.block), success: now.success }, "transaction mined");
      }
    }
    this.#goneSince.delete(one.id);
    this.floor.raise(now.block);
    if (known && depth >= BigInt(this.#options.settledAfter)) await this.#isSettled(one);
  }

  async #isSettled({ id, attempts }: StoredTransaction): Promise<void> {
    await this.#ports.transactions.settled(id);
    for (const { hash } of attempts) {
      this.#sentAt.delete(hash);
      this.#cheap.delete(hash);
    }
  }

  /** A block was taken back. An RPC that has not come as far yet does not know. */
  async #isLost(one: StoredTransaction, was: Mined, block: bigint): Promise<void> {
    if (block < was.block) return;
    const { transactions, metrics, log } = this.#ports;
    await transactions.lost(one.id);
    this.floor.forget();
    metrics.transaction(one.network, "reorganised");
    log.warn({ network: one.network, nonce: one.nonce, transaction: was.hash }, "a block was taken back; sent again");
    await this.send(
      one,
      one.attempts.find(({ hash }) => hash === was.hash),
    );
  }

  async #isOpen(one: StoredTransaction, { next, nextBefore }: Facts): Promise<void> {
    if (one.nonce < nextBefore) return this.#isForeign(one);
    this.#goneSince.delete(one.id);
    const attempt = one.attempts.at(-1);
    if (one.nonce < next || !attempt) return;
    const { clock } = this.#ports;
    const waited = clock.now() - one.signedAt;
    // A clock that was set back says nothing; what is signed anew goes by it as it is.
    const stuck = this.#cheap.has(attempt.hash) || waited < 0 || waited >= this.#options.stuckMs;
    const better = stuck && one.nonce === next ? await this.#raise(one, attempt) : undefined;
    const sent = this.#sentAt.get(attempt.hash);
    if (better) await this.send(one, better);
    else if (sent === undefined || clock.monotonic() - sent >= this.#options.resendMs) await this.send(one, attempt);
  }

  /** Its nonce is used, and no RPC knows a receipt of ours. */
  async #isForeign(one: StoredTransaction): Promise<void> {
    const { rpc, transactions, earnings, metrics, clock, log } = this.#ports;
    const since = this.#goneSince.get(one.id) ?? clock.monotonic();
    this.#goneSince.set(one.id, since);
    if (clock.monotonic() - since < this.#options.foreignMs) return;
    const found = await rpc.everywhere((view) => findMined(view, one, this.#address));
    if (found.some(Boolean)) return;
    this.#goneSince.delete(one.id);
    // It may have been in a block that was taken back.
    await earnings.spent(one.network, hashesOf(one), undefined);
    await transactions.replaced(one.id);
    metrics.transaction(one.network, "replaced");
    log.warn({ network: one.network, nonce: one.nonce }, "another wallet has used the nonce of a transaction");
  }

  /** undefined: not now, since it would cost more than it may, or another process has done it. */
  async #raise(one: StoredTransaction, old: Attempt): Promise<Attempt | undefined> {
    const { rpc, transactions, account, metrics, log } = this.#ports;
    const { maxFeePerGas, gasPerDay, chainId, network } = this.#options;
    const market = await rpc.read((view) => marketFees(view, undefined));
    const { nonce } = one;
    let fees: Fees;
    try {
      fees = raised(old, market, maxFeePerGas);
      const others = one.network === network ? transactions.spent(network) - one.gas * old.maxFee : 0n;
      withinDay(one.gas * fees.maxFee, others, gasPerDay);
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      log.warn({ network: one.network, nonce, why: error.message }, "a stuck transaction's fees are not raised");
      return undefined;
    }
    const attempt = signTransaction(one, { chainId, nonce, fees, account });
    if (!(await transactions.attempt(one.id, one.attempts.length, attempt))) return undefined;
    this.#cheap.delete(old.hash);
    metrics.transaction(one.network, "raised");
    log.info({ network: one.network, nonce, transaction: attempt.hash }, "a stuck transaction's fees are raised");
    return attempt;
  }
}

function hashesOf({ attempts }: StoredTransaction): readonly string[] {
  return attempts.map(({ hash }) => hash);
}
