// What the node says of itself: ready or why not, and the whole status, from the parts that know.
import type { RegistryState } from "../core/registry.ts";
import type { NodeStatus, RegistryStatus } from "../core/status.ts";

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

/** Why no request could be served even from a known caller. */
export function backendReasons(models: readonly string[], backends: NodeStatus["backends"]): string[] {
  if (models.length === 0) return ["no model server is configured: write model_backend.yaml, or run fxn init"];
  if (backends.some(({ up }) => up)) return [];
  return [`no model server answers: ${backends.map(({ name }) => name).join(", ")}`];
}
