// Nonces before ours that nobody uses would hold up all that follow: after a while they are filled.
import type { Clock } from "../core/clock.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { Log } from "../core/log.ts";
import type { Attempt, StoredTransaction, Transactions } from "../core/transactions.ts";
import { TransactionError } from "./errors.ts";
import type { Facts } from "./facts.ts";
import { marketFees, withinDay } from "./fees.ts";
import type { Rpc } from "./rpc.ts";
import { signTransaction } from "./sign.ts";

export interface GapsOptions {
  readonly network: string;
  readonly chainId: number;
  readonly gasPerDay: bigint;
  readonly maxFeePerGas: bigint | undefined;
  /** Milliseconds for which nobody must have used it. */
  readonly stuckMs: number;
}

export interface GapsPorts {
  readonly rpc: Rpc;
  readonly account: EthereumAccount;
  readonly transactions: Transactions;
  readonly clock: Clock;
  readonly log: Log;
  send(one: StoredTransaction, attempt: Attempt | undefined): Promise<void>;
}

/** Most that are filled at once. */
const FILLED_AT_ONCE = 16;
/** A transfer's 21000, and what Arbitrum adds for data. */
const FILLER_GAS = 100_000n;

export class Gaps {
  readonly #options: GapsOptions;
  readonly #ports: GapsPorts;
  #gap: { readonly nonce: number; readonly since: number } | undefined;

  constructor(options: GapsOptions, ports: GapsPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  async close({ next, nextPending }: Facts): Promise<void> {
    const { transactions, clock, log } = this.#ports;
    const lowest = transactions.open().find(({ state }) => state === "sent")?.nonce;
    if (lowest === undefined || lowest <= next || nextPending > next) {
      this.#gap = undefined;
      return;
    }
    if (this.#gap?.nonce !== next) this.#gap = { nonce: next, since: clock.monotonic() };
    if (clock.monotonic() - this.#gap.since < this.#options.stuckMs) return;
    this.#gap = undefined;
    try {
      for (let nonce = next; nonce < Math.min(lowest, next + FILLED_AT_ONCE); nonce++) await this.#fill(nonce);
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error;
      log.warn({ nonce: next, why: error.message }, "a nonce that nobody uses is not filled");
    }
  }

  /** With what stood there, or with nothing: ETH of nobody goes from us to us. */
  async #fill(nonce: number): Promise<void> {
    const { rpc, transactions, account, log, send } = this.#ports;
    const { chainId, network, gasPerDay, maxFeePerGas } = this.#options;
    const fees = await rpc.read((view) => marketFees(view, maxFeePerGas));
    const nothing = { to: account.address, data: "0x", value: 0n, gas: FILLER_GAS } as const;
    const filled = await transactions.reserve({
      wanted: { key: `fill/${nonce}`, network, job: "", model: "", ...nothing },
      from: nonce,
      exactly: true,
      admit: (spent) => withinDay(FILLER_GAS * fees.maxFee, spent, gasPerDay),
      sign: (at) => signTransaction(nothing, { chainId, nonce: at, fees, account }),
    });
    const there = filled ?? transactions.ofNonce(nonce);
    if (!there) return;
    log.warn({ network: there.network, nonce, key: there.key }, "a nonce that nobody uses is filled");
    await send(
      there,
      there.attempts.find(({ hash }) => hash === there.mined?.hash),
    );
  }
}
