// What all parts of fed_AI's network share: settings, ports, the node's name, what runs and what is counted.

import type { NetworkPorts } from "../ports.ts";
import type { Load } from "./load.ts";
import type { FedaiMetrics } from "./metrics.ts";
import { type OfferedModel, offeredModels } from "./offered.ts";
import type { FedaiSettings } from "./settings.ts";
import type { Tracer } from "./tracing/tracer.ts";

export interface FedaiNode {
  readonly settings: FedaiSettings;
  readonly ports: NetworkPorts;
  readonly nodeId: string;
  readonly load: Load;
  readonly metrics: FedaiMetrics;
  readonly tracer: Tracer;
  /** Models whose servers were found to continue no text. */
  readonly onlyChat: Set<string>;
}

/** Not "node-1": routers know a node by its name alone, and whoever registers it later takes it over. */
export function nodeIdOf({ nodeId }: Pick<FedaiSettings, "nodeId">, pubkey: string): string {
  return nodeId ?? `fxn-${pubkey.slice(0, 16)}`;
}

/** Undefined: this node can answer; otherwise why not. */
export function troubleOf(node: FedaiNode): string | undefined {
  if (modelsOf(node).length === 0) return "no model is offered";
  return node.ports.modelServers().some(({ works }) => works) ? undefined : "no model server works";
}

export function modelsOf({ settings, ports }: FedaiNode): readonly OfferedModel[] {
  return offeredModels(settings, ports.models());
}
