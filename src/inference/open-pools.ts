// Builds the pools of all models; models that share a model server share its health.
import type { BackendConfig, ModelConfig, ModelsConfig } from "../config/models-schema.ts";
import type { Config } from "../config/schema.ts";
import type { ModelBackend } from "../core/backend.ts";
import { ModelPool } from "./pool.ts";
import { Upstream, type UpstreamPorts } from "./upstream.ts";

export interface PoolsConfig {
  readonly models: ModelsConfig;
  readonly queue: Config["queue"];
  readonly health: Config["health"];
}

export interface PoolsPorts extends UpstreamPorts {
  readonly openBackend: (config: BackendConfig) => ModelBackend;
}

export interface Pools {
  readonly upstreams: readonly Upstream[];
  readonly pools: ReadonlyMap<ModelConfig, ModelPool>;
}

export function openPools({ models, queue, health }: PoolsConfig, ports: PoolsPorts): Pools {
  const upstreams = new Map<string, Upstream>();
  const names = new Set<string>();

  function upstreamOf(config: BackendConfig): Upstream {
    const key = identityOf(config);
    const known = upstreams.get(key);
    if (known) return known;
    const backend = ports.openBackend(config);
    const upstream = new Upstream(unusedName(backend.label, names), backend, health, ports);
    upstreams.set(key, upstream);
    return upstream;
  }

  const pools = new Map<ModelConfig, ModelPool>();
  for (const model of models.models) {
    const members = model.backends.map((config) => ({ upstream: upstreamOf(config), config }));
    pools.set(model, new ModelPool(model, members, queue, ports));
  }
  return { upstreams: [...upstreams.values()], pools };
}

function identityOf(config: BackendConfig): string {
  if (config.provider === "process") {
    const { environment, ...rest } = config.runner;
    return JSON.stringify([rest, environment.map(({ name, value }) => [name, value?.reveal()])]);
  }
  const { url, provider, apiKey, bearerToken } = config;
  return JSON.stringify([url, provider, apiKey?.reveal() ?? "", bearerToken?.reveal() ?? ""]);
}

/** Two servers behind one host and port, told apart by path or credential, must not share a metric. */
function unusedName(label: string, names: Set<string>): string {
  let name = label;
  for (let i = 2; names.has(name); i++) name = `${label}#${i}`;
  names.add(name);
  return name;
}
