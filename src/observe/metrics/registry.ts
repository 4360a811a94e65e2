// Metrics of the registries and of the RPCs they are read through; ages are computed when they are scraped.
import { Counter, Gauge, type Registry as MetricsRegister } from "prom-client";
import type { RpcMetrics } from "../../core/chain.ts";
import type { ProviderStanding, RegistryState } from "../../core/registry.ts";

export interface RegistryMetrics extends RpcMetrics {
  /** From now on each scrape shows this registry. */
  watch(registry: string, state: () => RegistryState): void;
  /** How often a registry is read. */
  polledEvery(registry: string, ms: number): void;
  /** From now on each scrape shows this node's standing, absent while it is not known. */
  watchStanding(standing: () => ProviderStanding | undefined): void;
  polled(registry: string, outcome: "ok" | "error"): void;
  /** How many entries of the last read were left out. */
  ignored(registry: string, entries: number): void;
}

export function registryMetrics(register: MetricsRegister): RegistryMetrics {
  const registers = [register];
  const states = new Map<string, () => RegistryState>();

  const gauge = (name: string, help: string, value: (state: RegistryState) => number | undefined) =>
    new Gauge({
      name,
      help,
      registers,
      labelNames: ["registry"],
      collect() {
        for (const [registry, state] of states) {
          const now = value(state());
          if (now !== undefined) this.set({ registry }, now);
        }
      },
    });
  gauge("fxn_registry_age_seconds", "Age of what is known of a registry; absent until it was read.", ({ ageMs }) =>
    ageMs === undefined ? undefined : ageMs / 1000,
  );
  gauge("fxn_registry_entries", "Entries known of a registry.", ({ size }) => size);
  gauge("fxn_registry_stale", "1 when a registry is unknown or too old: nobody passes on it.", ({ stale }) =>
    Number(stale),
  );
  gauge("fxn_registry_block", "Block that a registry was read at; absent until it was read.", ({ block }) =>
    block === undefined ? undefined : Number(block),
  );

  const interval = new Gauge({
    name: "fxn_registry_poll_interval_seconds",
    help: "How often a registry is read; absent for one that is not read from the chain.",
    registers,
    labelNames: ["registry"],
  });

  let standing: () => ProviderStanding | undefined = () => undefined;
  const standingGauge = (key: keyof ProviderStanding, help: string) =>
    new Gauge({
      name: `fxn_provider_${key}`,
      help,
      registers,
      collect() {
        const now = standing();
        if (now) this.set(Number(now[key]));
        else this.remove();
      },
    });
  standingGauge("registered", "1 when this node's address is in the provider registry; absent while not known.");
  standingGauge("active", "1 when this node's address is listed as an active provider; absent while not known.");
  standingGauge("paused", "1 when this node is registered but paused; absent while not known.");

  const polls = new Counter({
    name: "fxn_registry_polls_total",
    help: "Reads of a registry from the chain.",
    registers,
    labelNames: ["registry", "outcome"],
  });
  const ignored = new Gauge({
    name: "fxn_registry_ignored_entries",
    help: "Entries of the last read that were left out: paused, or with an id that is no address.",
    registers,
    labelNames: ["registry"],
  });
  const requests = new Counter({
    name: "fxn_rpc_requests_total",
    help: "Requests to an RPC, by its index in rpcProvider.",
    registers,
    labelNames: ["endpoint", "outcome"],
  });

  return {
    watch: (registry, state) => states.set(registry, state),
    polledEvery: (registry, ms) => interval.set({ registry }, ms / 1000),
    watchStanding: (source) => {
      standing = source;
    },
    polled: (registry, outcome) => polls.inc({ registry, outcome }),
    ignored: (registry, entries) => ignored.set({ registry }, entries),
    rpc: (endpoint, outcome) => requests.inc({ endpoint: String(endpoint), outcome }),
  };
}
