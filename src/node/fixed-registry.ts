// Callers that are known without a chain: a list that never ages.
import type { Address } from "../core/address.ts";
import type { Registry } from "../core/registry.ts";

export function fixedRegistry(name: string, addresses: readonly Address[]): Registry<unknown> {
  return {
    name,
    get: (candidate) => (addresses.includes(candidate) ? {} : undefined),
    state: () => ({ size: addresses.length, ageMs: 0, block: undefined, stale: false, lastError: undefined }),
  };
}
