// The joint between networks that are paid and durable state: what a job has earned, and what it has cost.

export interface Earning {
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly network: string;
  /** Of the work; empty for what belongs to none (a heartbeat's gas). */
  readonly job: string;
  readonly model: string;
  /** reward: paid to us. gas: what a transaction of ours has cost. */
  readonly kind: "reward" | "gas";
  /** "ETH", "BLIND", "COMP". */
  readonly asset: string;
  /** In the smallest unit; all of these have 18 decimals. */
  readonly amount: bigint;
  /** The transaction in which it moved; a chain may be asked twice and is told once. */
  readonly transaction: string;
}

export interface Earnings {
  /** Durable when it resolves. A second row of the same network, transaction, kind, asset and job is none. Throws StoreError. */
  add(earning: Earning): Promise<void>;
}

/** The gas of our own transactions, which are told again and otherwise after a reorg. */
export interface GasBook {
  /**
   * What a deed has cost, in place of what was written of it before, in one step: of its attempts one counts, and that may
   * become another, or the same one in another block. Durable when it resolves. Throws StoreError.
   * @param attempts the transactions of all of them @param now undefined: none of them counts, and it has cost nothing
   */
  spent(network: string, attempts: readonly string[], now: Earning | undefined): Promise<void>;
}
