// The container's files hang together; its alerts and dashboard are those that fxn exports (build/docs.ts --check).
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const read = (name: string) => readFileSync(join(import.meta.dir, name), "utf8");
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
