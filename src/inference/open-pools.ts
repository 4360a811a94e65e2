// Builds the pools of all models, once for each configuration: a model server that the next one names too stays as it is.
import type { BackendConfig, ModelConfig, ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import { BoundedQueue } from "../lib/bounded-queue.ts";
import type { Budget } from "./budget.ts";
import { ModelPool } from "./pool.ts";
import { Upstream, type UpstreamPorts } from "./upstream.ts";

export interface PoolsConfig {
  readonly models: ModelsConfig;
  readonly queue: Config["queue"];
  readonly health: Config["health"];
  /** Among networks; undefined: there is only one, which has all. */
  readonly budget: Budget | undefined;
}

export interface PoolsPorts extends UpstreamPorts {
  /** @param ending aborts when nobody asks it any more */
  readonly openBackend: (config: BackendConfig, ending: AbortSignal) => ModelBackend;
}

export interface Pools {
  readonly upstreams: readonly Upstream[];
  /** Those of them that were not there before. */
  readonly fresh: readonly Upstream[];
  readonly pools: ReadonlyMap<ModelConfig, ModelPool>;
  /** From now on these are asked. @param former whom they take the place of */
  begin(former: Pools | undefined): void;
  /** They never began, and are not wanted. */
  discard(): void;
}

export class PoolOpener {
  readonly #ports: PoolsPorts;
  /** All that are asked, or still answer. */
  readonly #known = new Map<string, Upstream>();
  /** By the model's id. */
  readonly #queues = new Map<string, BoundedQueue>();

  constructor(ports: PoolsPorts) {
    this.#ports = ports;
  }

  open({ models, queue, health, budget }: PoolsConfig): Pools {
    const configs = new Map(models.models.flatMap(({ backends }) => backends.map((one) => [identityOf(one), one])));
    const upstreams = this.#upstreams(configs, health);
    const pools = new Map<ModelConfig, ModelPool>();
    const queues: BoundedQueue[] = [];
    for (const model of models.models) {
      const members = model.backends.flatMap((config) => {
        const upstream = upstreams.all.get(identityOf(config));
        return upstream ? [{ upstream, config }] : [];
      });
      const waiting = this.#queues.get(model.id) ?? this.#newQueue(model, queue);
      queues.push(waiting);
      pools.set(model, new ModelPool(model, members, waiting, { ...this.#ports, budget }));
    }
    const all = [...upstreams.all.values()];
    return {
      upstreams: all,
      fresh: upstreams.fresh,
      pools,
      begin(former) {
        for (const { breaker } of all) breaker.judgeBy(health);
        for (const one of queues) one.limitTo(queue);
        const heirs = new Map([...pools.values()].map((pool) => [pool.model.id, pool]));
        for (const pool of former?.pools.values() ?? []) pool.retire(heirs.get(pool.model.id));
      },
      discard() {
        for (const pool of pools.values()) pool.retire(undefined);
      },
    };
  }

  /** By identity, in the order of the configuration. */
  #upstreams(configs: ReadonlyMap<string, BackendConfig>, health: PoolsConfig["health"]) {
    const names = new Set<string>();
    const kept = new Map<string, Upstream>();
    for (const identity of configs.keys()) {
      const known = this.#known.get(identity);
      // A name may have gone to another in the meantime: then it is opened anew, under a new one.
      if (!known || names.has(known.name)) continue;
      names.add(known.name);
      kept.set(identity, known);
    }
    const fresh: Upstream[] = [];
    const all = new Map<string, Upstream>();
    for (const [identity, config] of configs) {
      const upstream = kept.get(identity) ?? this.#openUpstream(identity, config, names, health);
      if (!kept.has(identity)) fresh.push(upstream);
      all.set(identity, upstream);
    }
    return { all, fresh };
  }

  #openUpstream(identity: string, config: BackendConfig, names: Set<string>, health: PoolsConfig["health"]): Upstream {
    const { metrics, openBackend } = this.#ports;
    const ending = new AbortController();
    const backend = openBackend(config, ending.signal);
    const name = unusedName(backend.label, names);
    const upstream = new Upstream(name, backend, health, this.#ports, () => {
      ending.abort();
      if (this.#known.get(identity) === upstream) this.#known.delete(identity);
      // Another may have that name by now.
      if (![...this.#known.values()].some((other) => other.name === name)) metrics.backendUp.remove({ backend: name });
    });
    this.#known.set(identity, upstream);
    return upstream;
  }

  #newQueue({ id }: ModelConfig, limits: PoolsConfig["queue"]): BoundedQueue {
    const { rows, clock } = this.#ports;
    const queue = new BoundedQueue(limits, rows.row(`waiting ${id}`).counter, clock);
    this.#queues.set(id, queue);
    return queue;
  }
}

function identityOf(config: BackendConfig): string {
  if (config.provider === "process") {
    const { environment, ...rest } = config.runner;
    return JSON.stringify([rest, environment.map(({ name, value }) => [name, value?.reveal()])]);
  }
  const { url, provider, apiKey, bearerToken, maxTokens } = config;
  return JSON.stringify([url, provider, apiKey?.reveal() ?? "", bearerToken?.reveal() ?? "", maxTokens]);
}

/** Two servers behind one host and port, told apart by path or credential, must not share a metric. */
function unusedName(label: string, names: Set<string>): string {
  let name = label;
  for (let i = 2; names.has(name); i++) name = `${label}#${i}`;
  names.add(name);
  return name;
}
