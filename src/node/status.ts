// What the node says of itself: ready or why not, and the whole status, from the parts that know.

import type { ModelsConfig } from "../config/models-schema.ts";
import type { Health } from "../core/network.ts";
import type { RegistryState } from "../core/registry.ts";
import type { BackendStatus, RegistryStatus } from "../core/status.ts";
import type { BackendHealth } from "../inference/health.ts";

/** Why nobody can be let in, in the operator's words; empty when callers can be told apart. */
export function registryReasons(states: Readonly<Record<string, RegistryState>>): string[] {
  return Object.entries(states).flatMap(([name, { stale, ageMs, lastError }]) => {
    if (!stale) return [];
    const age = ageMs === undefined ? "was never read" : `was last read ${Math.round(ageMs / 1000)} s ago`;
    return [`registry ${name} ${age}: ${lastError ?? "the chain has not answered yet"}`];
  });
}

export function registryStatus({ size, ageMs, block, stale, lastError }: RegistryState): RegistryStatus {
  return {
    entries: size,
    ageSeconds: ageMs === undefined ? null : Math.round(ageMs / 1000),
    block: block?.toString() ?? null,
    stale,
    lastError: lastError ?? null,
  };
}

/** Whether a request from a known caller could be served. */
export function modelServersAnswer({ models }: ModelsConfig, health: Health): Health {
  if (models.length > 0) return health.ready ? { ready: true, reasons: [] } : health;
  return { ready: false, reasons: ["no model server is configured: write model_backend.yaml, or run fxn init"] };
}

/** Health as this process has found it out; what is under way is counted over all processes. */
export function backendStatus({ backend, inflight, ejectedForMs, lastError, ...health }: BackendHealth): BackendStatus {
  const { kind, state, models } = health;
  const leftOutForMs = Math.round(ejectedForMs);
  return { name: backend, state, kind, models, leftOutForMs, inFlight: inflight, lastError: lastError ?? null };
}

/** An IPv6 host stands in brackets. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
