// The dashboard and the alerts ask for what fxn exposes, and the container's files hang together.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "prom-client";
import { parse } from "yaml";
import { z } from "zod";
import { challengeMetrics, productMetrics } from "../../src/observe/metrics/challenge.ts";
import { gpuMetrics } from "../../src/observe/metrics/gpu.ts";
import { httpMetrics } from "../../src/observe/metrics/http.ts";
import { inferenceMetrics } from "../../src/observe/metrics/inference.ts";
import { nodeMetrics } from "../../src/observe/metrics/node.ts";
import { registryMetrics } from "../../src/observe/metrics/registry.ts";
import { storeMetrics } from "../../src/observe/metrics/store.ts";

const read = (name: string) => readFileSync(join(import.meta.dir, name), "utf8");
const dashboard = z
  .object({ panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })) })
  .parse(JSON.parse(read("grafana/dashboards/fxn.json")));
const alerts = z
  .object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })) })
  .parse(parse(read("alerts.yaml")));

const EXPRESSIONS = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: `panel ${title}`, expr }))),
  ...alerts.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr }))),
];

/** By name, the labels of each series that a node can expose, the parts of histograms among them. */
async function exposed(): Promise<Map<string, ReadonlySet<string>>> {
  const register = new Registry();
  nodeMetrics(
    register,
    "0.0.0",
    () => true,
    () => 0,
  );
  for (const add of [challengeMetrics, productMetrics, httpMetrics, inferenceMetrics, registryMetrics]) add(register);
  gpuMetrics(register, () => []);
  storeMetrics(register, () => true);
  const names = new Map<string, ReadonlySet<string>>();
  for (const metric of register.getMetricsAsArray()) {
    const labels = z.object({ labelNames: z.array(z.string()) }).parse(metric).labelNames;
    names.set(metric.name, new Set([...labels, "instance", "job"]));
    for (const part of ["bucket", "sum", "count"])
      names.set(`${metric.name}_${part}`, new Set([...labels, "instance", "job", "le"]));
  }
  return names.set("up", new Set(["instance", "job"]));
}

test("dashboard and alerts name only metrics and labels that fxn has", async () => {
  const known = await exposed();
  const wrong: string[] = [];
  for (const { where, expr } of EXPRESSIONS) {
    const names = expr
      .match(/\b(?:[a-z]+_[a-z_]+[a-z]|up)(?=[{[\s)]|$)/g)
      ?.filter((name) => name !== "histogram_quantile");
    if (!names?.length) wrong.push(`${where} asks for nothing`);
    for (const name of names ?? []) {
      const labels = known.get(name);
      if (!labels) wrong.push(`${where}: ${name}`);
      const used = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list?.split(", ") ?? []);
      used.push(...[...expr.matchAll(/([a-z]+)(?:=~|!=|=)"/g)].flatMap(([, label]) => label ?? []));
      for (const label of used) if (labels && !labels.has(label)) wrong.push(`${where}: ${name} has no label ${label}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(EXPRESSIONS.length).toBeGreaterThan(30);
});

const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        ports: z.array(z.string()).default([]),
        networks: z.array(z.string()),
        environment: z.record(z.string(), z.string()).default({}),
        cap_drop: z.array(z.string()),
      }),
    ),
    networks: z.record(z.string(), z.object({ internal: z.boolean() }).nullable()),
  })
  .parse(parse(read("compose.yaml")));

describe("compose.yaml", () => {
  test("the admin port is published nowhere, and only Prometheus shares its network", () => {
    const { fxn, prometheus, ...others } = compose.services;
    expect(fxn?.environment.FXN_ADMIN_LISTEN).toEndWith(":9464");
    for (const service of Object.values(compose.services))
      for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:(8080:8080|3000:3000)$/);
    expect(compose.networks.metrics).toEqual({ internal: true });
    expect(prometheus?.networks).toContain("metrics");
    for (const other of Object.values(others)) expect(other.networks).not.toContain("metrics");
    expect(parse(read("prometheus.yaml")).scrape_configs[0].static_configs[0].targets).toEqual(["fxn:9464"]);
  });

  test("nothing has more rights than it needs", () => {
    for (const service of Object.values(compose.services)) expect(service.cap_drop).toEqual(["ALL"]);
  });
});

test("the image runs as nobody in particular, and asks fxn itself how it is", () => {
  const text = read("Dockerfile");
  const last = text.slice(text.lastIndexOf("\nFROM "));
  expect(last).toMatch(/^USER 65532:65532$/m);
  expect(last).toMatch(/^HEALTHCHECK .* CMD \["fxn", "status", "--ready"\]$/m);
  expect(last).toMatch(/^ENTRYPOINT \["fxn"\]$/m);
});

/** Each tool, and what it is to look at. */
const LINTERS = [
  { tool: "promtool", words: ["check", "config", "--syntax-only", "prometheus.yaml"] },
  { tool: "promtool", words: ["check", "rules", "alerts.yaml"] },
  { tool: "hadolint", words: ["Dockerfile"] },
];
for (const { tool, words } of LINTERS) {
  const missing = Bun.which(tool) ? "" : ` (skipped: ${tool} is not installed)`;
  test.skipIf(missing !== "")(`${tool} ${words.join(" ")}${missing}`, () => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([tool, ...words], { cwd: import.meta.dir });
    expect([exitCode, exitCode === 0 ? "" : `${stdout}${stderr}`]).toEqual([0, ""]);
  });
}
