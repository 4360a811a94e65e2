// What a network says of its chain, and how long the client waits for what.

export interface ChainOptions {
  /** Whose budget and settings these are. */
  readonly network: string;
  readonly chainId: number;
  readonly rpcUrls: readonly string[];
  /** The setting that has them. Default: networks.<network>.rpcUrls. */
  readonly rpcSetting?: string | undefined;
  /** Most that the network's transactions may cost in 24 hours, wei. */
  readonly gasPerDay: bigint;
  /** Most wei for each gas. */
  readonly maxFeePerGas?: bigint | undefined;
  /** Default: 1. */
  readonly confirmations?: number | undefined;
  readonly timing?: Partial<Timing>;
}

export interface Timing {
  /** Milliseconds to the second look of who waits for one; the wait doubles up to pollMs, since many chains are that quick. */
  readonly firstPollMs: number;
  /** Milliseconds between looks at what is on its way, and at what may still be taken back. */
  readonly pollMs: number;
  readonly idleMs: number;
  /** Milliseconds that RPCs get to reach a block that was seen: of several behind one URL, some lag. */
  readonly lagMs: number;
  readonly resendMs: number;
  readonly stuckMs: number;
  readonly foreignMs: number;
  /** Blocks. */
  readonly settledAfter: number;
}

export const TIMING: Timing = {
  firstPollMs: 250,
  pollMs: 2000,
  idleMs: 15_000,
  lagMs: 15_000,
  resendMs: 20_000,
  stuckMs: 60_000,
  foreignMs: 60_000,
  // Two epochs of Ethereum, which finalise; on Arbitrum a quarter of a minute.
  settledAfter: 64,
};

export interface UpkeepOptions {
  readonly network: string;
  readonly chainId: number;
  readonly gasPerDay: bigint;
  readonly maxFeePerGas: bigint | undefined;
  /** Blocks, its own among them, until a transaction counts as done. */
  readonly confirmations: number;
  /** Blocks until nothing can change it any more. */
  readonly settledAfter: number;
  /** Milliseconds until bytes that are in no block are sent again, and until fees are raised. */
  readonly resendMs: number;
  readonly stuckMs: number;
  /** Milliseconds for which a nonce must be used by nobody we know: receipts come later than counts. */
  readonly foreignMs: number;
}
