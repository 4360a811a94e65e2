// The joint between a chain's client and durable state: the transactions of one account on one chain.
import type { Address, Hex } from "./address.ts";

/**
 * sent: signed, and not known to be in a block. mined, failed: in a block; the second has used its gas for nothing.
 * replaced: another wallet's transaction has its nonce.
 */
export type TransactionState = "sent" | "mined" | "failed" | "replaced";

/** What is to be done; the first that is written for a key holds. */
export interface WantedTransaction {
  readonly key: string;
  readonly network: string;
  readonly job: string;
  readonly model: string;
  readonly to: Address;
  readonly data: Hex;
  /** Wei. */
  readonly value: bigint;
  /** The limit that is signed. */
  readonly gas: bigint;
}

/** Signed bytes. Several attempts of one transaction have one nonce, so that at most one of them comes into a block. */
export interface Attempt {
  readonly hash: Hex;
  readonly raw: Hex;
  /** Wei for each gas. */
  readonly maxFee: bigint;
  readonly priorityFee: bigint;
}

export interface TransactionLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** As the block has it. */
export interface Mined {
  readonly hash: Hex;
  readonly block: bigint;
  readonly blockHash: Hex;
  readonly success: boolean;
  /** Wei, without the value. */
  readonly cost: bigint;
  readonly logs: readonly TransactionLog[];
}

export interface StoredTransaction extends WantedTransaction {
  readonly id: number;
  readonly nonce: number;
  readonly state: TransactionState;
  /** Nothing can change it any more. */
  readonly settled: boolean;
  /** The first one first; never empty. */
  readonly attempts: readonly Attempt[];
  readonly mined: Mined | undefined;
  /** Wall clock, milliseconds: of the latest attempt. */
  readonly signedAt: number;
}

export interface Reservation {
  readonly wanted: WantedTransaction;
  /** The lowest nonce that may be taken, as the chain has it. */
  readonly from: number;
  /** This one and no other: for a gap. Taken already: the reservation is undefined. */
  readonly exactly?: boolean;
  /** @param spent what the network's transactions have cost in 24 hours, wei; those on their way at their most. It may throw. */
  admit(spent: bigint): void;
  sign(nonce: number): Attempt;
}

/** Every step is atomic for all processes, and durable when it resolves, also through a power cut. Throws StoreError. */
export interface Transactions {
  /** The one that stands for the key; one that was replaced stands only while there is no later one. */
  ofKey(key: string): StoredTransaction | undefined;
  /** The one that has the nonce; one that was replaced has none. */
  ofNonce(nonce: number): StoredTransaction | undefined;
  /** What is not settled, by nonce. */
  open(): readonly StoredTransaction[];
  /** The nonce after the highest that was ever taken here. */
  next(): number;
  /** What `admit` of a reservation is given. */
  spent(network: string): bigint;
  /** Chooses the nonce, signs and writes, in one step; what stands for the key already is given instead. */
  reserve(reservation: Reservation): Promise<StoredTransaction | undefined>;
  /** @param after how many attempts the caller knows of @returns false: another process was first */
  attempt(id: number, after: number, attempt: Attempt): Promise<boolean>;
  /** @returns false: another process has written the same before */
  mined(id: number, mined: Mined): Promise<boolean>;
  /** It is in no block any more. */
  lost(id: number): Promise<void>;
  replaced(id: number): Promise<void>;
  settled(id: number): Promise<void>;
  /** Lets go of what was settled long ago, but never of the highest nonce. @returns whether there may be more of it */
  forget(): Promise<boolean>;
}
