// What the compiled node tells Prometheus: all of it is written down, and the alerts and the dashboard are in the program.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECK_TEXTS } from "../../src/node/checks/index.ts";
import { alertsYaml } from "../../src/observe/alerts/prometheus.ts";
import { ALERT_RULES } from "../../src/observe/alerts/rules.ts";
import { grafanaDashboard } from "../../src/observe/dashboard/grafana.ts";
import { everyMetric } from "../../src/observe/metrics/all.ts";
import { drop, healthy, json, stream } from "../fakes/model-server.ts";
import { seriesIn } from "../fakes/promql.ts";
import { signingKey, writeRelease } from "../fakes/release.ts";
import { fxn } from "./node.ts";
import { until } from "./until.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fxn-export-"));
  await writeRelease(folder, { version: "99.0.0", fixes: ["98.0.0"] });
  world = await openWorld({
    config: {
      health: { interval: "100ms", ejection: "200ms", maxEjection: "400ms" },
      update: { checkInterval: "1h", from: folder, publicKey: signingKey().publicKey },
    },
  });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** No transaction was made, nobody waited, no network of its own accord is on, nothing is shared, no TLS; up is Prometheus' own. */
const ABSENT = [
  "fxn_chain_transactions_total",
  "fxn_inference_queue_depth",
  "fxn_inference_queue_limit",
  "fxn_network_up",
  "fxn_store_up",
  "fxn_tls_certificate_expiry_timestamp_seconds",
  "fxn_tls_files_in_use",
  "fxn_workers_replaced",
  "up",
];

const scrape = async () => (await fetch(`${world.node.admin}/metrics`)).text();

/** Works at the model server, which stays healthy when it is probed. */
function play(behaviour: typeof healthy): void {
  world.model.behave = (received, response) => (received.method === "GET" ? healthy : behaviour)(received, response);
}

async function traffic(): Promise<void> {
  play(json({ usage: { prompt_tokens: 3, completion_tokens: 5 } }));
  const moment = { nonce: "metrics-once", timestamp: Math.floor(Date.now() / 1000) };
  expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("200");
  expect(await outcome(await world.send(CHAT, chatBody(), moment))).toBe("401 nonce_replayed");
  expect(await outcome(await world.send(CHAT, chatBody(), { timestamp: 1 }))).toBe("401 timestamp_too_old");
  expect(await outcome(await world.send(CHAT, chatBody(), { as: "stranger" }))).toBe("401 caller_not_authorized");
  play(stream());
  await (await world.send(CHAT, chatBody({ stream: true }))).text();
  const challenge = (type: string, payload: unknown) =>
    world.send("/challenge", { type, payload }, { as: "scheduler" });
  expect((await challenge("IDENTITY", {})).status).toBe(200);
  const matrices = { A: [[1, 2]], B: [[3], [4]] };
  expect((await challenge("MATRIX_MULTIPLICATION", matrices)).status).toBe(200);
}

describe("metrics of a real node", () => {
  test("every metric that it exposes is in the list, with the same type, help and labels", async () => {
    await traffic();
    const text = await scrape();
    const listed = new Map((await everyMetric()).map((metric) => [metric.name, metric]));
    const wrong: string[] = [];
    for (const [, name = "", help] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
      const metric = listed.get(name);
      const type = new RegExp(`^# TYPE ${name} (.*)$`, "m").exec(text)?.[1];
      if (metric?.help !== help || metric?.type !== type) wrong.push(`${name} ${type} ${help}`);
    }
    for (const [, sample = "", labels = ""] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? /gm)) {
      const metric = listed.get(sample) ?? listed.get(sample.replace(/_(bucket|sum|count)$/, ""));
      for (const [, label = ""] of labels.matchAll(/(\w+)="/g))
        if (label !== "le" && !metric?.labels.includes(label)) wrong.push(`${sample}: ${label}`);
    }
    expect(wrong).toEqual([]);
  });

  test("a check that every panel and rule names a metric that exists: after traffic the node has those of the alerts, but for what it has not", async () => {
    const names = new Set([...(await scrape()).matchAll(/^([a-z]\w*)(?:\{| )/gm)].map(([, name]) => name));
    const absent = ALERT_RULES.flatMap(({ expr }) => seriesIn(expr).map(({ metric }) => metric)).filter(
      (metric) => !names.has(metric),
    );
    expect(absent.filter((metric) => !ABSENT.includes(metric))).toEqual([]);
  });

  test("what each caller was refused for, what computed a challenge, how far the clock is off, how often a registry is read", async () => {
    const text = await scrape();
    for (const reason of ["nonce_replayed", "timestamp_too_old", "caller_not_authorized"])
      expect(text).toContain(`fxn_auth_rejected_total{reason="${reason}"} 1`);
    expect(text).toContain('fxn_challenge_duration_seconds_count{type="IDENTITY",device="none"} 1');
    expect(text).toContain('fxn_challenge_duration_seconds_count{type="MATRIX_MULTIPLICATION",device="cpu"} 1');
    const skew = Number(/^fxn_clock_skew_seconds (\S+)$/m.exec(text)?.[1]);
    expect(Math.abs(skew)).toBeLessThan(3);
    expect(text).toMatch(/^fxn_registry_poll_interval_seconds\{registry="gateways"\} 60$/m);
    expect(text).toMatch(/^fxn_network_session_up\{network="function"\} 1$/m);
    expect(Number(/^fxn_home_free_bytes (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
  });

  test("update available with a security flag", async () => {
    expect(await scrape()).toContain('fxn_update_available{version="99.0.0",security="yes"} 1');
    // The same for who has no monitoring system, in the status, the doctor and alerts.
    const status = await fxn(["status", "--home", world.home]);
    expect(status.stdout).toContain("\nupdate       fxn 99.0.0 is there and mends a hole: fxn update\n");
    const { code, stdout } = await fxn(["doctor", "--home", world.home, "--only", "node.update"]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^warn +node\.update +99\.0\.0 mends a hole that this node has$/m),
    ]);
  });

  test("last challenge passed? how soon do first tokens come? The doctor says so of what was just served", async () => {
    const { code, stdout } = await fxn(["doctor", "--home", world.home, "--only", "challenge.answered,tokens.first"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ok +challenge\.answered .*IDENTITY \d+s ago/m)]);
  });

  test("a key file that others can read shows at the next scrape", async () => {
    expect(await scrape()).toContain('fxn_key_file_exposed{key="node"} 0');
    chmodSync(join(world.home, "nodekey.json"), 0o644);
    expect(await scrape()).toContain('fxn_key_file_exposed{key="node"} 1');
    chmodSync(join(world.home, "nodekey.json"), 0o600);
    expect(await scrape()).toContain('fxn_key_file_exposed{key="node"} 0');
  });

  test("a model whose only server fails is down, and up again with it", async () => {
    expect(await scrape()).toContain('fxn_model_up{model="tiny"} 1');
    world.model.behave = drop();
    await until(async () => (await scrape()).includes('fxn_model_up{model="tiny"} 0'));
    play(json({}));
    await until(async () => (await scrape()).includes('fxn_model_up{model="tiny"} 1'));
  });
});

describe("shipped in the binary", () => {
  const EXPORTS = [
    { words: ["alerts", "export"], text: alertsYaml("prometheus") },
    { words: ["alerts", "export", "--format", "kubernetes"], text: alertsYaml("kubernetes") },
    { words: ["dashboard", "export"], text: grafanaDashboard() },
  ];
  for (const { words, text } of EXPORTS)
    test(`fxn ${words.join(" ")}`, async () => {
      expect(await fxn(words)).toEqual({ code: 0, stdout: text, stderr: "" });
    });

  test("--output writes a file, and over one that is there only with --force", async () => {
    const path = join(folder, "fxn.json");
    expect((await fxn(["dashboard", "export", "--output", path])).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(grafanaDashboard());
    const again = await fxn(["alerts", "export", "--output", path]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--force")]);
    expect(readFileSync(path, "utf8")).toBe(grafanaDashboard());
    expect((await fxn(["alerts", "export", "--output", path, "--force"])).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(alertsYaml("prometheus"));
    expect((await fxn(["alerts", "export", "--format", "nagios"])).code).toBe(2);
    expect((await fxn(["alerts", "export", "--output", join(folder, "no", "x")])).code).toBe(1);
    expect(existsSync(join(folder, "no"))).toBe(false);
  });

  test("each alert names a check that fxn doctor explains", async () => {
    const known = new Set(CHECK_TEXTS.map(({ id }) => id));
    const checks = ALERT_RULES.flatMap(({ check }) => check ?? []);
    const ofNetworks = checks.filter((check) => !known.has(check));
    expect(new Set(ofNetworks)).toEqual(new Set(["{{ $labels.network }}.ready"]));
    for (const check of ["clock.skew", "fedai.ready"]) expect((await fxn(["doctor", "--explain", check])).code).toBe(0);
  });
});
