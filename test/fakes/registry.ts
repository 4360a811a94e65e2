// A registry in memory: whoever is put in is listed.
import type { Address } from "../../src/core/address.ts";
import type { Registry, RegistryState } from "../../src/core/registry.ts";

export class FakeRegistry implements Registry<true> {
  readonly name = "fake";
  stale = false;
  readonly #listed: Set<string>;

  constructor(...addresses: string[]) {
    this.#listed = new Set(addresses.map((address) => address.toLowerCase()));
  }

  get(address: Address): true | undefined {
    return this.#listed.has(address) || undefined;
  }

  state(): RegistryState {
    return { size: this.#listed.size, ageMs: 0, block: 1n, stale: this.stale, lastError: undefined };
  }
}
