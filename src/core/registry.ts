// The joint between chain readers and request verification: who is listed, and how old that knowledge is.
import type { Address } from "./address.ts";

export interface RegistryState {
  readonly size: number;
  /** undefined: nothing was ever read. */
  readonly ageMs: number | undefined;
  readonly block: bigint | undefined;
  /** True when there is no data or it is older than registry.maxStale: nobody may pass on it. */
  readonly stale: boolean;
  readonly lastError: string | undefined;
}

export interface Registry<V> {
  readonly name: string;
  get(address: Address): V | undefined;
  state(): RegistryState;
}

/** Keeps the last good read of a registry over a restart. */
export interface SnapshotStore {
  load(name: string): Snapshot | undefined;
  save(name: string, snapshot: Snapshot): void;
}

export interface Snapshot {
  /** Wall clock, milliseconds. */
  readonly savedAt: number;
  readonly block: bigint;
  /** JSON text of the entries, parsed by the registry that wrote it. */
  readonly json: string;
}

/** What the provider registry says of this node's own address. */
export interface ProviderStanding {
  readonly registered: boolean;
  /** Listed as active: the network may send it work. */
  readonly active: boolean;
  /** Registered, not active, and paused by its owner. */
  readonly paused: boolean;
}
