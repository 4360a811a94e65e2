// Metrics of the node as a whole: what runs, whether it is ready, the process.
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export { Registry };

/** Labels of default metrics that Bun reports as 0 whatever the truth is; absent beats wrong. */
const WRONG_UNDER_BUN = [
  "nodejs_gc_duration_seconds",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
  "nodejs_heap_space_size_total_bytes",
  "nodejs_heap_space_size_used_bytes",
  "nodejs_heap_space_size_available_bytes",
];

let ofProcess: Registry | undefined;

/** Of this process alone. Observed once for all registers: prom-client never ends what it has begun to observe. */
export function processMetrics(register: Registry): void {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
    for (const name of WRONG_UNDER_BUN) ofProcess.removeSingleMetric(name);
  }
  for (const { name } of ofProcess.getMetricsAsArray()) {
    const metric = ofProcess.getSingleMetric(name);
    if (metric) register.registerMetric(metric);
  }
}

/** @param replaced how many workers have died; undefined when there are none beside the node itself */
export function nodeMetrics(register: Registry, version: string, ready: () => boolean, replaced?: () => number): void {
  processMetrics(register);
  if (replaced) {
    new Gauge({
      name: "fxn_workers_replaced",
      help: "Workers that have died and were replaced since the node started.",
      registers: [register],
      collect() {
        this.set(replaced());
      },
    });
  }
  new Gauge({
    name: "fxn_build_info",
    help: "1, labelled with what runs.",
    labelNames: ["version", "bun"],
    registers: [register],
  }).set({ version, bun: Bun.version }, 1);
  new Gauge({
    name: "fxn_ready",
    help: "1 when requests can be served, 0 when not; /ready on the admin listener says why.",
    registers: [register],
    collect() {
      this.set(ready() ? 1 : 0);
    },
  });
}

/** The text of several processes' metrics, each as `getMetricsAsJSON` gives it, as if they were one. */
export function merged(metrics: object[][]): Promise<string> {
  return AggregatorRegistry.aggregate(metrics).metrics();
}
