// The device memory of one job: checked before any of it is taken, freed together whatever happened.
import type { Context } from "./context.ts";
import { tooLarge } from "./errors.ts";
import { releaseAll } from "./release.ts";

/** Left to the driver and to cuBLAS for what they allocate themselves. */
const RESERVE_BYTES = 64 * 2 ** 20;

export class Buffers {
  readonly #context: Context;
  readonly #held: bigint[] = [];

  /** @param bytes all that will be added @throws EngineError "engine_memory" when so much is not free */
  constructor(context: Context, bytes: number) {
    this.#context = context;
    const free = new BigUint64Array(1);
    context.call("cuMemGetInfo_v2", (call) => call(free, new BigUint64Array(1)));
    const usable = Math.max(0, Number(free[0] ?? 0n) - RESERVE_BYTES);
    if (bytes > usable) throw tooLarge(bytes, usable);
  }

  /** @returns its address on the device; its content is undefined */
  add(bytes: number): bigint {
    const address = this.#context.handle("cuMemAlloc_v2", (call, out) => call(out, bytes));
    this.#held.push(address);
    return address;
  }

  free(): void {
    const free = (address: bigint) => this.#context.giveBack("cuMemFree_v2", (call) => call(address));
    releaseAll(this.#held.splice(0).map((address) => () => free(address)));
  }
}
