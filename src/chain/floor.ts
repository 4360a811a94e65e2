// The block that an RPC must have reached to be asked: one in which a transaction of ours is, until that turns out to be untrue.
import { getBlock } from "viem/actions";
import type { Clock } from "../core/clock.ts";
import type { ChainView } from "./chain.ts";

/** Later by more than clocks are apart. */
const LATER_MS = 60_000;

export class Floor {
  readonly #clock: Clock;
  #block = 0n;
  /** Wall clock, milliseconds. */
  #since = 0;
  #refuted: bigint | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A transaction of ours was seen in that block. */
  raise(block: bigint): void {
    if (block <= this.#block || block === this.#refuted) return;
    this.#block = block;
    this.#since = this.#clock.now();
  }

  /** Blocks were taken back. */
  forget(): void {
    this.#block = 0n;
  }

  /**
   * Who has a block from long after that one was seen, and a lower number, shows that the number was false: it is forgotten.
   * @throws Error for an RPC that is behind: it does not know what was done already
   */
  async reachedBy({ client, block }: ChainView): Promise<void> {
    const least = this.#block;
    if (block >= least) return;
    const { timestamp } = await getBlock(client, { blockNumber: block });
    if (Number(timestamp) * 1000 <= this.#since + LATER_MS)
      throw new Error(`it is at block ${block}, behind block ${least}, in which a transaction of ours is`);
    if (this.#block !== least) return;
    this.#refuted = least;
    this.#block = 0n;
  }
}
