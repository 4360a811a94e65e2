// What every registry of the table is opened with.
import type { Rpc } from "../src/chain/rpc.ts";
import type { Config } from "../src/config/schema.ts";
import type { Address } from "../src/core/address.ts";
import type { Clock } from "../src/core/clock.ts";
import type { Log } from "../src/core/log.ts";
import type { Registry, SnapshotStore } from "../src/core/registry.ts";
import type { RegistryMetrics } from "../src/observe/metrics/registry.ts";
import { expectedChainId } from "./expected-chain.ts";

export interface RegistryPorts {
  readonly config: Pick<Config, "registry" | "rpcProvider" | "schedulerAddress">;
  /** This node's own address. */
  readonly self: Address;
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly snapshots: SnapshotStore;
  readonly metrics: RegistryMetrics;
}

export interface OpenRegistry<V> extends Registry<V> {
  /** Keeps itself fresh until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** One read now; it never rejects, state() says how it went. */
  refresh(): Promise<void>;
}

/**
 * Chain and Router are part of it, so that a snapshot of another network lets nobody in. With a Router of one's own and no
 * registry.chainId only the Router tells networks apart.
 */
export function snapshotKey(name: string, registry: Config["registry"]): string {
  return `${name}@${expectedChainId(registry) ?? "any"}:${registry.routerSmartContractAddress}`;
}
