// Every metric that a node can have, without a node: what documents list, and what panels and rules may name.
import { Registry } from "prom-client";
import { alertMetrics } from "./alerts.ts";
import { chainMetrics } from "./chain.ts";
import { challengeMetrics, productMetrics } from "./challenge.ts";
import { clockMetrics } from "./clock.ts";
import { gpuMetrics } from "./gpu.ts";
import { homeMetrics } from "./home.ts";
import { httpMetrics } from "./http.ts";
import { inferenceMetrics, modelMetrics } from "./inference.ts";
import { earningsMetrics, networkMetrics, sessionMetrics } from "./network.ts";
import { nodeMetrics } from "./node.ts";
import { registryMetrics } from "./registry.ts";
import { reloadMetrics } from "./reload.ts";
import { storeMetrics } from "./store.ts";
import { tlsMetrics } from "./tls.ts";
import { traceMetrics } from "./traces.ts";
import { updateMetrics } from "./update.ts";

export interface MetricText {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

const KINDS = ["counter", "gauge", "histogram", "summary"];

/** In the order of their names. */
export async function everyMetric(): Promise<readonly MetricText[]> {
  const register = new Registry();
  nodeMetrics(
    register,
    "0.0.0",
    () => true,
    () => 0,
  );
  alertMetrics(register, () => []);
  chainMetrics(register);
  challengeMetrics(register);
  // Its gauges are there with the first product.
  productMetrics(register)({ size: 1, computeMs: 1, gflops: 1, backend: "cpu" });
  clockMetrics(register, () => undefined);
  earningsMetrics(register, () => []);
  gpuMetrics(register, () => []);
  homeMetrics(register, { freeBytes: () => undefined, exposedKeys: () => ({}) });
  httpMetrics(register);
  inferenceMetrics(register);
  modelMetrics(register, () => ({}));
  networkMetrics(register, () => ({}));
  registryMetrics(register);
  reloadMetrics(register, () => ({ loadedAt: 0, lastError: undefined }));
  sessionMetrics(register, () => ({}));
  storeMetrics(register, () => true);
  tlsMetrics(register, { expiry: () => 0, filesInUse: () => true });
  traceMetrics(register);
  updateMetrics(register, () => undefined);
  const types = new Map((await register.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return register
    .getMetricsAsArray()
    .map((metric) => {
      const { name, help } = metric;
      return { name, help, labels: labelsOf(metric), type: types.get(name) ?? "" };
    })
    .filter(({ type }) => KINDS.includes(type))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** prom-client has them in every metric, and in none of its types. */
function labelsOf(metric: object): readonly string[] {
  const names: unknown = "labelNames" in metric ? metric.labelNames : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** Those that are ours; the rest is what every program of this kind tells of its process. */
export function metricsMarkdown(metrics: readonly MetricText[]): string {
  const rows = metrics
    .filter(({ name }) => !/^(process|nodejs)_/.test(name))
    .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`);
  return ["", "| Metric | Type | Labels | What it says |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
