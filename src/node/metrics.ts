// The node's own metrics, and those of all its processes as one text.
import type { Config } from "../config/schema.ts";
import type { Health } from "../core/network.ts";
import { merged, nodeMetrics, type Registry } from "../observe/metrics/node.ts";
import { storeMetrics } from "../observe/metrics/store.ts";
import type { Door } from "./door.ts";
import { factMetrics, type NodeFacts } from "./fact-metrics.ts";
import type { OwnNetworks } from "./own-networks.ts";
import type { Stores } from "./stores.ts";
import type { WorkerGroup } from "./workers/worker-group.ts";

export interface MetricsParts {
  readonly register: Registry;
  readonly version: string;
  readonly readiness: () => Health;
  readonly workers: WorkerGroup | undefined;
  readonly door: Door;
  readonly own: OwnNetworks;
  readonly earnings: NodeFacts["earnings"];
  readonly home: string;
  readonly stores: Stores;
  readonly config: Config;
  readonly releases: NodeFacts["releases"];
}

/** @returns what a scrape gets */
export function openMetrics(parts: MetricsParts): () => Promise<{ type: string; text: string }> {
  const { register, workers, door, own, earnings, stores } = parts;
  nodeMetrics(register, parts.version, () => parts.readiness().ready, workers && (() => workers.replaced));
  factMetrics(register, {
    sessions: () => [...door.networks.map(({ id, session }) => ({ id, runs: session.health().ready })), ...own.all()],
    ...{ earnings, home: parts.home, releases: parts.releases },
  });
  if (parts.config.store.url !== undefined) storeMetrics(register, () => stores.trouble().length === 0);
  return async () => ({
    type: register.contentType,
    text: workers
      ? await merged([await register.getMetricsAsJSON(), ...(await workers.metrics.all())])
      : await register.metrics(),
  });
}
