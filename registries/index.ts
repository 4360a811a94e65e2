// THE REGISTRY TABLE: who is known of, each opened from the same ports and kept fresh together.
import { Rpc } from "../src/chain/rpc.ts";
import type { RegistryState } from "../src/core/registry.ts";
import type { Fetch } from "../src/lib/fetch.ts";
import { expectedChainId } from "./expected-chain.ts";
import { openGateways } from "./gateways.ts";
import type { OpenRegistry, RegistryPorts } from "./ports.ts";
import { Providers } from "./providers.ts";
import { Schedulers } from "./schedulers.ts";

/** A registry is one line here; a literal, so that each keeps its own type. */
const openTable = (ports: RegistryPorts) => ({
  gateways: openGateways(ports),
  schedulers: new Schedulers(ports),
  providers: new Providers(ports),
});

export type RegistryTable = ReturnType<typeof openTable>;

export interface Registries extends RegistryTable {
  /** The table as a list. */
  readonly all: readonly OpenRegistry<unknown>[];
  /** Keeps all of them fresh until the signal aborts; then nothing is under way any more. */
  run(signal: AbortSignal): Promise<void>;
  /** By name, for /status. */
  states(): Readonly<Record<string, RegistryState>>;
}

export interface RegistriesPorts extends Omit<RegistryPorts, "rpc" | "random"> {
  readonly fetch: Fetch;
}

/** Reads the snapshots; the chain is first asked by `run`. */
export function openRegistries(ports: RegistriesPorts): Registries {
  const { rpcProvider, registry } = ports.config;
  const hint = "Check rpcProvider and registry in config.yaml.";
  const rpc = new Rpc({ urls: rpcProvider, chainId: expectedChainId(registry), hint }, ports);
  const table = openTable({ ...ports, rpc, random: Math.random });
  const all: readonly OpenRegistry<unknown>[] = Object.values(table);
  return {
    ...table,
    all,
    async run(signal) {
      const close = () => rpc.close();
      signal.addEventListener("abort", close, { once: true });
      await Promise.all(all.map((registry) => registry.run(signal)));
      close();
    },
    states: () => Object.fromEntries(all.map((registry) => [registry.name, registry.state()])),
  };
}
