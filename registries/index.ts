// THE REGISTRY TABLE: who is known of, each opened from the same ports and kept fresh together.
import { Rpc } from "../src/chain/rpc.ts";
import type { RegistryState } from "../src/core/registry.ts";
import type { Fetch } from "../src/lib/fetch.ts";
import type { CachedRegistry } from "./cached-registry.ts";
import { expectedChainId } from "./expected-chain.ts";
import { type Gateway, openGateways } from "./gateways.ts";
import type { OpenRegistry, RegistryPorts } from "./ports.ts";
import { Providers } from "./providers.ts";
import { Schedulers } from "./schedulers.ts";

/** A registry is one line here; a literal, so that each keeps its own type. */
const openTable = (ports: RegistryPorts, former?: Former) => ({
  gateways: openGateways(ports, former?.gateways),
  schedulers: new Schedulers(ports),
  providers: new Providers(ports, former?.providers),
});

/** Those that know something which the next may begin with. */
interface Former {
  readonly gateways: CachedRegistry<Gateway>;
  readonly providers: Providers;
}

export type RegistryTable = ReturnType<typeof openTable>;

export interface Registries extends RegistryTable {
  /** The table as a list. */
  readonly all: readonly OpenRegistry<unknown>[];
  /** undefined: none is configured, and none was learnt yet. */
  chainId(): number | undefined;
  /** Keeps all of them fresh until the signal aborts; then nothing is under way any more. */
  run(signal: AbortSignal): Promise<void>;
  /** By name, for /status. */
  states(): Readonly<Record<string, RegistryState>>;
  /** Ends what is under way; the chain is not asked any more. */
  close(): void;
}

export interface RegistriesPorts extends Omit<RegistryPorts, "rpc" | "random"> {
  readonly fetch: Fetch;
  /** The chain that it must be when the configuration names none. */
  readonly chainId?: number | undefined;
}

/** The chain is first asked by `run`. @param former whose knowledge they begin with, instead of the snapshots */
export function openRegistries(ports: RegistriesPorts, former?: Former): Registries {
  const { rpcProvider, registry } = ports.config;
  const hint = "Check rpcProvider and registry in config.yaml.";
  const chainId = expectedChainId(registry) ?? ports.chainId;
  const rpc = new Rpc({ urls: rpcProvider, chainId, hint }, ports);
  const table = openTable({ ...ports, rpc, random: Math.random }, former);
  const all: readonly OpenRegistry<unknown>[] = Object.values(table);
  return {
    ...table,
    all,
    chainId: () => rpc.chainId,
    async run(signal) {
      const close = () => rpc.close();
      signal.addEventListener("abort", close, { once: true });
      await Promise.all(all.map((registry) => registry.run(signal)));
      close();
    },
    states: () => Object.fromEntries(all.map((registry) => [registry.name, registry.state()])),
    close: () => rpc.close(),
  };
}
