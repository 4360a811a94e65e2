// Claims that the ICL may count as failures: the third in a row costs the stake, and none is made that could be it.
import type { Address } from "../../../core/address.ts";
import type { Clock } from "../../../core/clock.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import type { ChainReads } from "../contracts/read.ts";
import { stakeOf } from "../contracts/reads.ts";

/** The contract takes the whole stake at the third. */
const FATAL = 3n;
const OPEN = "claim";
const FAILED = "failed-claim";
/** By then the ICL has counted what it will count of a claim. */
const COUNTED_MS = 15 * 60 * 1000;

export interface ClaimsPorts {
  readonly node: Address;
  /** Undefined: the stake and the chain's count are not known. */
  readonly chain: ChainReads | undefined;
  readonly state: NetworkState;
  readonly clock: Clock;
}

export interface Risk {
  readonly why: string;
  /** It is for claims only that are open now, and may come to a good end. */
  readonly passes: boolean;
}

export class Claims {
  readonly #ports: ClaimsPorts;

  constructor(ports: ClaimsPorts) {
    this.#ports = ports;
  }

  get open(): number {
    return this.#ports.state.all(OPEN).length;
  }

  /**
   * Undefined: another claim puts no stake at risk, and it is noted, durably, before the ICL hears of it. Every claim that
   * is still open counts as one that will fail; the note is made with the count, so that of two at once one sees the other.
   */
  async risk(job: string): Promise<Risk | undefined> {
    const { chain, node, state } = this.#ports;
    const stake = chain && (await stakeOf(chain, node));
    this.#count();
    const open = BigInt(state.all(OPEN).filter(({ key }) => key !== job).length);
    // Nobody has said that there is no stake, or how often it failed before.
    const failed = stake ? stake.consecutiveFailures : BigInt(state.all(FAILED).length);
    const staked = !stake || stake.staked > 0n;
    if (!this.mayStand(job) && staked && failed + open + 1n >= FATAL) {
      const counted = stake ? "" : " (by this node's own count: without an RPC it cannot see the chain's)";
      const why = `the stake would be at risk: ${failed} failures in a row${counted}, and ${open} claims open`;
      return { why, passes: failed + 1n < FATAL };
    }
    state.set(OPEN, job, "");
    return undefined;
  }

  /** By now the ICL may know of it. */
  mayStand(job: string): boolean {
    return this.#ports.state.get(OPEN, job) !== undefined;
  }

  /** The ICL punishes no more for it. */
  over(job: string): void {
    this.#ports.state.remove(OPEN, job);
  }

  /** A result ends the row. */
  delivered(job: string): void {
    const { state } = this.#ports;
    this.over(job);
    for (const { key } of state.all(FAILED)) state.remove(FAILED, key);
  }

  /** What has been open for so long was not kept. */
  #count(): void {
    const { state, clock } = this.#ports;
    const before = clock.now() - COUNTED_MS;
    for (const { key, at } of state.all(OPEN)) if (at < before) state.set(FAILED, key, "");
    state.forget(OPEN, before);
  }
}
