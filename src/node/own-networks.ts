// The networks of their own accord that are on, each with its ports; a reload ends and begins those that it changes.
import type { Chain } from "../chain/chain.ts";
import type { Config } from "../config/schema.ts";
import type { BudgetPort } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import type { Earnings } from "../core/earnings.ts";
import type { EthereumAccount } from "../core/ethereum.ts";
import type { GpuStats } from "../core/gpu.ts";
import type { Log } from "../core/log.ts";
import type { NetworkState } from "../core/network-state.ts";
import type { ReplayGuard } from "../core/replay.ts";
import type { Budget } from "../inference/budget.ts";
import type { Inference } from "../inference/service.ts";
import { createText } from "../inference/text.ts";
import { aborted } from "../lib/abort.ts";
import type { Fetch } from "../lib/fetch.ts";
import type { OwnConfig } from "../networks/config.ts";
import type { ChainUse, ModelProgram, NetworkPorts } from "../networks/ports.ts";
import { networkMetrics } from "../observe/metrics/network.ts";
import type { Registry } from "../observe/metrics/node.ts";
import { openReaders } from "./chain-readers.ts";
import { OwnListeners } from "./own-listeners.ts";
import { type OwnLimits, OwnNetwork } from "./own-network.ts";
import { begins } from "./reload/effects.ts";
import { allOrErrors, type Prepared, type Configured as Reloaded, type ReloadPart } from "./reload/part.ts";

/** One key, in both of its forms. */
export type NetworkKey = Pick<NetworkPorts, "identity" | "account">;

export interface OwnNetworksOptions {
  readonly networks: readonly OwnConfig[];
  /** By the network's id; each throws what kept its key from being opened. */
  readonly keys: ReadonlyMap<string, () => NetworkKey>;
  /** Of a network that was not on, or had another key. Throws KeyError. */
  readonly openKey: (own: OwnConfig) => Promise<NetworkKey>;
  readonly config: Config;
  readonly home: string;
  readonly version: string;
  readonly inference: Inference;
  /** As it is now; undefined: nobody else wants any. */
  readonly budget: () => Budget | undefined;
  readonly schnorr: NetworkPorts["schnorr"];
  readonly replay: ReplayGuard;
  readonly stateOf: (network: string) => NetworkState;
  readonly modelProgram: ModelProgram;
  readonly chains: {
    readonly of: (network: string, account: EthereumAccount, use: ChainUse, generation: number) => Chain;
    readonly end: (network: string, generation: number) => void;
  };
  readonly earnings: Earnings;
  readonly fetch: Fetch;
  readonly gpus: () => readonly GpuStats[];
  readonly tracer: NetworkPorts["tracer"];
  readonly register: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

const ALL: BudgetPort = { admission: () => ({ places: Number.MAX_SAFE_INTEGER, reason: undefined }) };

/** One configuration of a network. */
interface Configured {
  readonly own: OwnConfig;
  readonly key: () => NetworkKey;
  readonly network: OwnNetwork;
  readonly generation: number;
  readonly stopping: AbortController;
  /** Resolves when it has ended what it had begun; undefined: it has not begun. */
  ended?: Promise<void>;
}

export class OwnNetworks implements ReloadPart {
  readonly #options: OwnNetworksOptions;
  readonly #listeners: OwnListeners;
  readonly #metrics: ReturnType<typeof networkMetrics>;
  #now: readonly Configured[];
  #generations = 0;
  #signal: AbortSignal | undefined;
  /** By the network's id: when those of former configurations have ended what they had begun. */
  readonly #endings = new Map<string, Promise<void>>();

  constructor(options: OwnNetworksOptions) {
    this.#options = options;
    this.#listeners = new OwnListeners(options.clock, options.log);
    const { networks, keys, config, register } = options;
    this.#metrics = networkMetrics(register, () =>
      Object.fromEntries(this.all().map((network) => [network.id, network.health().ready])),
    );
    this.#now = networks.map((own) => {
      const { id } = own.network;
      return this.#configure(own, keys.get(id) ?? (() => noKey(id)), config);
    });
  }

  all(): readonly OwnNetwork[] {
    return this.#now.map(({ network }) => network);
  }

  /** All of them work until the signal aborts and what runs has ended. May be called again. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const one of this.#now) this.#begin(one, signal);
    await aborted(signal);
    this.#signal = undefined;
    await Promise.all([...this.#now.map(({ ended }) => ended), ...this.#endings.values()]);
  }

  /** Those whose settings are other ones are opened beside those that run; throws what keeps one from it. */
  async prepare({ config, networks }: Reloaded): Promise<Prepared> {
    const former = new Map(this.#now.map((one) => [one.own.network.id, one]));
    const fresh = new Set<Configured>();
    const letGo = ({ own, generation }: Configured) => this.#options.chains.end(own.network.id, generation);
    const asItIs = (own: OwnConfig) => {
      const before = former.get(own.network.id);
      return before && !begins(before.own, own) ? before : undefined;
    };
    const staying = new Set(networks.filter(asItIs).map(({ network }) => network.id));
    const opened = networks.map(async (own) => {
      const before = former.get(own.network.id);
      const same = asItIs(own);
      if (same) return same;
      const one = this.#configure(own, await this.#keyOf(own, before), config);
      fresh.add(one);
      await one.network.openAhead(staying);
      return one;
    });
    const discard = () => fresh.forEach(letGo);
    const next = await allOrErrors(opened, () => {}).catch((error: unknown) => {
      discard();
      throw error;
    });
    return { commit: () => this.#changeTo(next, fresh, limitsOf(config)), discard };
  }

  #changeTo(next: readonly Configured[], fresh: ReadonlySet<Configured>, limits: OwnLimits): void {
    const over = this.#now.filter((one) => !next.includes(one));
    this.#now = next;
    for (const one of next) if (!fresh.has(one)) one.network.limitTo(limits);
    for (const one of over) {
      const heir = next.find(({ own }) => own.network.id === one.own.network.id);
      const signal = this.#signal;
      // First the next one listens, in this very turn: nobody comes between.
      if (signal && heir && one.network.giveWayTo(heir.network)) this.#begin(heir, signal, true);
      one.stopping.abort();
      this.#endings.set(one.own.network.id, this.#end(one, this.#endings.get(one.own.network.id)));
    }
    if (this.#signal) for (const one of fresh) if (!one.ended) this.#begin(one, this.#signal);
  }

  async #end({ own, generation, ended }: Configured, former: Promise<void> | undefined): Promise<void> {
    await Promise.all([former, ended]);
    this.#options.chains.end(own.network.id, generation);
  }

  #begin(one: Configured, signal: AbortSignal, atOnce = false): void {
    one.ended = this.#work(one, AbortSignal.any([signal, one.stopping.signal]), atOnce);
  }

  /** The former one may have the same port, and the same account: it ends first, unless it gives way. */
  async #work({ own, network }: Configured, signal: AbortSignal, atOnce: boolean): Promise<void> {
    if (!atOnce) await this.#endings.get(own.network.id);
    await network.run(signal);
  }

  async #keyOf(own: OwnConfig, before: Configured | undefined): Promise<() => NetworkKey> {
    const same = before?.own.account === own.account && before.own.passwordFile === own.passwordFile;
    if (before && same) {
      try {
        const key = before.key();
        return () => key;
      } catch {
        // It could not be opened then; perhaps it can now.
      }
    }
    const key = await this.#options.openKey(own);
    return () => key;
  }

  #configure(own: OwnConfig, key: () => NetworkKey, config: Config): Configured {
    const { inference, budget, chains, clock, log, home, version } = this.#options;
    const { schnorr, replay, fetch, gpus, modelProgram, earnings, stateOf, tracer } = this.#options;
    const { network, written } = own;
    const { id } = network;
    const generation = this.#generations++;
    const open = async () => {
      const opened = key();
      return network.open(written, {
        ...{ ...opened, schnorr, replay, fetch, gpus, version, home, clock, log, modelProgram, earnings, tracer },
        text: createText(inference),
        models: () => inference.models(),
        modelServers: () =>
          inference.health().backends.map(({ kind, backend, names, available }) => ({
            kind,
            origin: backend,
            names,
            works: available,
          })),
        budget: { admission: () => (budget()?.of(id) ?? ALL).admission() },
        state: stateOf(id),
        chain: (use) => chains.of(id, opened.account, use, generation),
        readers: () => openReaders(id, { clock, log }),
        random: Math.random,
        metrics: this.#metrics(id),
      });
    };
    return {
      ...{ own, key, generation, stopping: new AbortController() },
      network: new OwnNetwork({ id, open, listeners: this.#listeners, limits: limitsOf(config), clock, log }),
    };
  }
}

function limitsOf({ limits: { bufferedBodies, bodyTimeout }, shutdown }: Config): OwnLimits {
  return { bufferedBodies, bodyTimeout, deadlineMs: shutdown.deadline };
}

function noKey(id: string): never {
  throw new Error(`there is no key for ${id}`);
}
