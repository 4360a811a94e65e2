// A registry as the node knows it, in a worker: told again after each read, and ageing in between.
import type { Address } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import type { Registry, RegistryState } from "../../core/registry.ts";
import type { Knowledge } from "./protocol.ts";

export class CopiedRegistry implements Registry<unknown> {
  readonly name: string;
  readonly #maxStale: number;
  readonly #clock: Clock;
  #addresses: ReadonlySet<Address> = new Set();
  #known: Omit<Knowledge, "addresses"> = {};
  /** On this process's monotonic clock. */
  #readAt: number | undefined;

  /** @param maxStale milliseconds after which nobody may pass on it */
  constructor(name: string, maxStale: number, clock: Clock) {
    this.name = name;
    this.#maxStale = maxStale;
    this.#clock = clock;
  }

  told({ addresses, ...known }: Knowledge): void {
    this.#addresses = new Set(addresses);
    this.#known = known;
    this.#readAt = known.ageMs === undefined ? undefined : this.#clock.monotonic() - known.ageMs;
  }

  get(address: Address): unknown {
    return this.#addresses.has(address) ? {} : undefined;
  }

  state(): RegistryState {
    const ageMs = this.#readAt === undefined ? undefined : this.#clock.monotonic() - this.#readAt;
    const stale = ageMs === undefined || ageMs > this.#maxStale;
    const { block, lastError } = this.#known;
    return { size: this.#addresses.size, ageMs, block, stale, lastError };
  }
}

/** What a worker is told of a registry. */
export function knowledgeOf(registry: Registry<unknown> & { addresses(): Iterable<Address> }): Knowledge {
  const { ageMs, block, lastError } = registry.state();
  return {
    addresses: [...registry.addresses()],
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(block === undefined ? {} : { block }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
