// What the operator is told of the model servers, and whether any can work.
import type { Health } from "../core/network.ts";
import type { BreakerState } from "./breaker.ts";
import type { ModelPool } from "./pool.ts";
import type { Upstream } from "./upstream.ts";

export interface BackendHealth {
  /** Scheme, host and port. */
  readonly backend: string;
  readonly kind: string;
  readonly state: BreakerState;
  /** Whether it may be asked: not left out, and no trial of it under way. */
  readonly available: boolean;
  readonly models: readonly string[];
  /** Every id and alias that it is asked for. */
  readonly names: readonly string[];
  readonly inflight: number;
  /** Milliseconds until it is tried again; 0 unless it is left out. */
  readonly ejectedForMs: number;
  readonly lastError: string | undefined;
}

export interface InferenceHealth extends Health {
  readonly backends: readonly BackendHealth[];
  /** By model id, whether any of its model servers can be asked; nothing of one whose servers were not heard of. */
  readonly modelsUp: Readonly<Record<string, boolean>>;
  /** Requests that wait, by model id. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** @param probed whether probes run: then a server that was never heard of is not taken to work */
export function inferenceHealth(
  upstreams: readonly Upstream[],
  pools: readonly ModelPool[],
  probed: boolean,
): InferenceHealth {
  const backends = upstreams.map((upstream) => backendHealth(upstream, pools));
  const works = ({ state }: BackendHealth) => state === "closed" || (state === "unknown" && !probed);
  return {
    ready: backends.some(works),
    reasons: backends.filter((backend) => !works(backend)).map(reason),
    backends,
    modelsUp: Object.fromEntries(pools.flatMap(upOrDown)),
    waiting: Object.fromEntries(pools.map((pool) => [pool.model.id, pool.waiting])),
  };
}

function upOrDown({ model, members }: ModelPool): (readonly [string, boolean])[] {
  const states = members.map(({ upstream }) => upstream.breaker.state);
  const works = states.includes("closed");
  return works || !states.includes("unknown") ? [[model.id, works]] : [];
}

function backendHealth(upstream: Upstream, pools: readonly ModelPool[]): BackendHealth {
  const { name, backend, breaker } = upstream;
  const members = pools.flatMap((pool) => pool.members.map((member) => ({ model: pool.model, member })));
  const own = members.filter(({ member }) => member.upstream.breaker === breaker);
  return {
    backend: name,
    kind: backend.kind,
    state: breaker.state,
    available: breaker.available(),
    models: [...new Set(own.map(({ model }) => model.id))],
    names: [...new Set(own.flatMap(({ model }) => [model.id, ...model.aliases]))],
    inflight: upstream.inflight,
    ejectedForMs: breaker.ejectedForMs(),
    lastError: breaker.lastError,
  };
}

function reason({ backend, state, lastError }: BackendHealth): string {
  const error = lastError === undefined ? "" : `: ${lastError}`;
  return state === "unknown"
    ? `model server ${backend} has not answered yet${error}`
    : `model server ${backend} is left out${error}`;
}
