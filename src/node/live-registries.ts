// The registries in use. A reload that points elsewhere reads others beside them first; those in use serve until they are swapped.
import { openRegistries, type Registries, type RegistriesPorts } from "../../registries/index.ts";
import { sameValue } from "../config/reload.ts";
import type { Address } from "../core/address.ts";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { SILENT } from "../core/log.ts";
import type { ProviderStanding, Registry, RegistryState } from "../core/registry.ts";
import { Crew } from "../lib/crew.ts";
import type { RegistryMetrics } from "../observe/metrics/registry.ts";
import { type Configured, NOTHING, type Prepared, ReloadError, type ReloadPart } from "./reload/part.ts";

export type LiveRegistriesPorts = Omit<RegistriesPorts, "config" | "chainId">;

type Settings = RegistriesPorts["config"];

/** Another RPC may be a block behind the one that was read last. */
const MOST_TRIES = 3;
const PAUSE_MS = 2000;
/** RPCs that hang take long enough once: who has asked for the reload waits. */
const PATIENCE_MS = 15_000;
const UNSEEN: Omit<RegistryMetrics, "rpc"> = {
  watch() {},
  polledEvery() {},
  watchStanding() {},
  polled() {},
  ignored() {},
};

export class LiveRegistries implements ReloadPart {
  readonly gateways: Registry<unknown> & { addresses(): Iterable<Address> };
  readonly schedulers: Registry<unknown>;
  readonly #ports: LiveRegistriesPorts;
  readonly #crew: Crew;
  readonly #listeners: (() => void)[] = [];
  #settings: Settings;
  #now: Registries;
  #leave: () => void;

  constructor(config: Settings, ports: LiveRegistriesPorts) {
    const { log } = ports;
    this.#ports = ports;
    this.#settings = config;
    this.#crew = new Crew((error) => log.error({ error: messageOf(error) }, "keeping the registries fresh failed"));
    this.#now = openRegistries({ ...ports, config });
    this.#leave = this.#begin(this.#now);
    this.gateways = {
      name: this.#now.gateways.name,
      get: (address) => this.#now.gateways.get(address),
      state: () => this.#now.gateways.state(),
      addresses: () => this.#now.gateways.addresses(),
    };
    this.schedulers = {
      name: this.#now.schedulers.name,
      get: (address) => this.#now.schedulers.get(address),
      state: () => this.#now.schedulers.state(),
    };
  }

  /** This node's own standing; undefined: not known. */
  standing(): ProviderStanding | undefined {
    return this.#now.providers.standing();
  }

  /** By name, for /status. */
  states(): Readonly<Record<string, RegistryState>> {
    return this.#now.states();
  }

  /** Called after each read of the gateways, and when others take their place. */
  onGateways(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Keeps them fresh until the signal aborts; then nothing is under way any more. */
  run(signal: AbortSignal): Promise<void> {
    return this.#crew.run(signal);
  }

  /** Throws ReloadError when another place cannot be read. What is only judged otherwise is not read anew. */
  async prepare({ config }: Pick<Configured, "config">): Promise<Prepared> {
    if (sameValue(settingsOf(config), settingsOf(this.#settings))) return NOTHING;
    const elsewhere = !sameValue(placeOf(config), placeOf(this.#settings));
    const chainId = sameValue(contractOf(config), contractOf(this.#settings)) ? this.#now.chainId() : undefined;
    const read = elsewhere ? await this.#tried(config, chainId) : undefined;
    return { commit: () => this.#changeTo(config, chainId, read ?? this.#now), discard() {} };
  }

  #changeTo(config: Settings, chainId: number | undefined, knowing: Registries): void {
    this.#leave();
    this.#settings = config;
    this.#now = openRegistries({ ...this.#ports, config, chainId }, knowing);
    this.#leave = this.#begin(this.#now);
    this.#tell();
  }

  #begin(registries: Registries): () => void {
    registries.gateways.onRead(() => {
      if (registries === this.#now) this.#tell();
    });
    return this.#crew.add((signal) => registries.run(signal));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** All of them read once, of which nothing is seen or kept yet. */
  async #tried(config: Settings, chainId: number | undefined): Promise<Registries> {
    const { metrics, snapshots, clock } = this.#ports;
    const tried = openRegistries({
      ...{ ...this.#ports, config, chainId, log: SILENT },
      metrics: { ...UNSEEN, rpc: metrics.rpc },
      snapshots: { load: (name) => snapshots.load(name), save() {} },
    });
    const end = clock.monotonic() + PATIENCE_MS;
    try {
      for (let tries = 1; ; tries++) {
        await Promise.all(tried.all.map((registry) => registry.refresh()));
        const errors = [...new Set(tried.all.flatMap((registry) => registry.state().lastError ?? []))];
        if (errors.length === 0) return tried;
        if (tries === MOST_TRIES || clock.monotonic() >= end) throw unreadable(errors);
        await sleep(clock, PAUSE_MS);
      }
    } finally {
      tried.close();
    }
  }
}

/** All that the registries go by. */
function settingsOf({ rpcProvider, schedulerAddress, registry }: Settings) {
  const { routerSmartContractAddress, chainId, maxStale, gateway, provider } = registry;
  return { rpcProvider, schedulerAddress, routerSmartContractAddress, chainId, maxStale, gateway, provider };
}

/** Where they are read. */
function placeOf(settings: Settings) {
  return { rpcProvider: settings.rpcProvider, ...contractOf(settings) };
}

/** What is read; where no chain is named, it is on the one that was found. */
function contractOf({ registry: { routerSmartContractAddress, chainId } }: Settings) {
  return { routerSmartContractAddress, chainId };
}

function unreadable(errors: readonly string[]): ReloadError {
  return new ReloadError("reload_refused", 503, `the registries cannot be read: ${errors.join("; ")}`, {
    hint: "Check rpcProvider and registry in config.yaml; to go to another chain, name it in registry.chainId.",
  });
}
