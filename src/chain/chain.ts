// What a network gets of a chain: reads that fail over, and transactions that are made once.
import type { Abi, Client } from "viem";
import type { Address, Hex } from "../core/address.ts";

/** The chain as one RPC sees it, at one block: every read of a view is made at `block`. */
export interface ChainView {
  readonly client: Client;
  readonly chainId: number;
  readonly block: bigint;
}

export interface Intent {
  /**
   * Of the deed, and for ever: "<network>/421614/0xd155…/7/claim". A second `send` with the same key never makes a second
   * transaction, also after a crash: it waits for the first and gives its receipt.
   */
  readonly key: string;
  readonly network: string;
  /** Of the work and the model, for the earnings; empty for none. */
  readonly job: string;
  readonly model: string;
  readonly to: Address;
  readonly data: Hex;
  /** Wei. */
  readonly value?: bigint;
  /** Gas that may be needed beyond the estimate; what is not used costs nothing. */
  readonly spareGas?: bigint;
  /** Where the contract's own errors are looked up. */
  readonly abi?: Abi;
  /**
   * Asked when another wallet's transaction has taken this one's nonce, so that this one never comes: whether a new one is
   * made. Without it, and where it says no, `send` throws transaction_replaced.
   */
  readonly again?: () => Promise<boolean>;
}

export interface Receipt {
  readonly transaction: Hex;
  readonly block: bigint;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[];
  /** Wei, all told. */
  readonly cost: bigint;
}

/** One chain, one account: its transactions stand in one queue, whichever network or command wants them. */
export interface Chain {
  readonly chainId: number;
  readonly account: Address;
  /** Runs all of `work` on one RPC, and again on the next one when it fails. @throws RpcError with each RPC's reason */
  read<T>(work: (view: ChainView) => Promise<T>): Promise<T>;
  /**
   * Simulates, estimates, checks the day's budget, signs, sends, replaces when stuck, and waits for the receipt.
   * @throws TransactionError: see its codes
   */
  send(intent: Intent, signal: AbortSignal): Promise<Receipt>;
  /** What a `send` of that key would cost at most, wei, and whether it would be refused; nothing is sent. @throws as `send` */
  estimate(intent: Intent): Promise<{ readonly gas: bigint; readonly cost: bigint }>;
}

/** What is only read needs no account. */
export type ChainReader = Pick<Chain, "chainId" | "read">;
