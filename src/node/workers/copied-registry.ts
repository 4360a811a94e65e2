// A registry as the node knows it, in a worker: told again after each read, and ageing in between.
import type { Address } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import type { Registry, RegistryState } from "../../core/registry.ts";
import type { Knowledge } from "./protocol.ts";

export class CopiedRegistry {
  readonly #name: string;
  readonly #clock: Clock;
  #addresses: ReadonlySet<Address> = new Set();
  #known: Omit<Knowledge, "addresses"> = {};
  /** On this process's monotonic clock. */
  #readAt: number | undefined;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  told({ addresses, ...known }: Knowledge): void {
    this.#addresses = new Set(addresses);
    this.#known = known;
    this.#readAt = known.ageMs === undefined ? undefined : this.#clock.monotonic() - known.ageMs;
  }

  /** @param maxStale milliseconds after which nobody may pass on it */
  within(maxStale: number): Registry<unknown> {
    return {
      name: this.#name,
      get: (address) => (this.#addresses.has(address) ? {} : undefined),
      state: () => this.#state(maxStale),
    };
  }

  #state(maxStale: number): RegistryState {
    const ageMs = this.#readAt === undefined ? undefined : this.#clock.monotonic() - this.#readAt;
    const stale = ageMs === undefined || ageMs > maxStale;
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
