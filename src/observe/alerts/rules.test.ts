// Each alert fires when it should and not when it should not, as Prometheus' own promtool finds.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { alertsYaml } from "./prometheus.ts";
import { ALERT_RULES } from "./rules.ts";

/** In promtool's notation: "1x5" is six ones, "0+3x5" grows by 3, "_" is no sample. One sample a minute. */
type Series = Readonly<Record<string, string>>;

interface Case {
  /** Minutes after which it is looked. */
  readonly at: number;
  readonly fires: Series;
  /** Beside instance, job and severity. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Each of them alone. */
  readonly quiet: readonly Series[];
}

/** Minutes of the longest cases, which need no look at each of them. */
const DAY = 1440;

const rejected = (reason: string) => `fxn_auth_rejected_total{reason="${reason}"}`;

/** What a jump of refused requests looks like: none, then one a second. */
const jumps = (reason: string, other: string) => ({
  at: 1490,
  fires: { [rejected(reason)]: "0x1460 60+60x40" },
  quiet: [
    // As much as that every day.
    { [rejected(reason)]: "0+60x1500" },
    // No more than noise.
    { [rejected(reason)]: "0x1460 1+1x40" },
    // It was long ago.
    { [rejected(reason)]: "0x10 60+60x40 2400x1450" },
    { [rejected(other)]: "0x1460 60+60x40" },
  ],
});

/** @param each how many a minute */
const firstTokens = (seconds: number, each = 60): Series => ({
  ...Object.fromEntries(
    ["5", "10", "20", "+Inf"].map((le) => [
      `fxn_inference_first_token_seconds_bucket{model="tiny",backend="http://m",le="${le}"}`,
      seconds <= Number(le.replace("+Inf", "Infinity")) ? `0+${each}x30` : "0x30",
    ]),
  ),
  'fxn_inference_first_token_seconds_count{model="tiny",backend="http://m"}': `0+${each}x30`,
});

const CASES: Readonly<Record<string, Case>> = {
  FxnDown: {
    at: 5,
    fires: { up: "1 0x5" },
    summary: "fxn on a:9464 does not answer",
    quiet: [{ up: "1x5" }, { up: "0x3 1x2" }, { 'up{job="other"}': "0x5" }],
  },
  FxnNotReady: {
    at: 5,
    fires: { fxn_ready: "1 0x5" },
    summary: "fxn on a:9464 serves nobody",
    quiet: [{ fxn_ready: "1x5" }, { fxn_ready: "1 0 1x5" }, {}],
  },
  FxnNotRegistered: {
    at: 20,
    fires: { fxn_provider_registered: "0x20", fxn_provider_active: "0x20", fxn_provider_paused: "0x20" },
    summary: "the network does not know a:9464 as a provider",
    quiet: [
      { fxn_provider_registered: "1x20", fxn_provider_active: "1x20", fxn_provider_paused: "0x20" },
      // Another alert says so.
      { fxn_provider_registered: "1x20", fxn_provider_active: "0x20", fxn_provider_paused: "1x20" },
      {},
    ],
  },
  FxnPaused: {
    at: 20,
    fires: { fxn_provider_paused: "1x20" },
    summary: "a:9464 is paused: no work comes",
    quiet: [{ fxn_provider_paused: "0x20" }, { fxn_provider_paused: "0x10 1x10" }],
  },
  FxnRegistryOld: {
    at: 10,
    fires: {
      'fxn_registry_age_seconds{registry="gateways"}': "0+60x10",
      'fxn_registry_poll_interval_seconds{registry="gateways"}': "60x10",
    },
    labels: { registry: "gateways" },
    summary: "the registry gateways was last read 10m 0s ago",
    quiet: [
      {
        'fxn_registry_age_seconds{registry="gateways"}': "30 90 150 30 90 150 30 90 150 30 90",
        'fxn_registry_poll_interval_seconds{registry="gateways"}': "60x10",
      },
      // It is read every hour, and ten minutes old.
      {
        'fxn_registry_age_seconds{registry="gateways"}': "0+60x10",
        'fxn_registry_poll_interval_seconds{registry="gateways"}': "3600x10",
      },
      // One from the configuration is read once.
      { 'fxn_registry_age_seconds{registry="schedulers"}': "0x10" },
    ],
  },
  FxnModelDown: {
    at: 5,
    fires: { 'fxn_model_up{model="tiny"}': "1 0x5" },
    labels: { model: "tiny" },
    summary: "no model server of tiny works",
    quiet: [{ 'fxn_model_up{model="tiny"}': "1x5" }, { 'fxn_model_up{model="tiny"}': "1 0 1x5" }, {}],
  },
  FxnBackendDown: {
    at: 8,
    fires: { 'fxn_backend_up{backend="http://m"}': "1 0x8" },
    labels: { backend: "http://m" },
    summary: "the model server http://m is left out",
    quiet: [{ 'fxn_backend_up{backend="http://m"}': "1x8" }, { 'fxn_backend_up{backend="http://m"}': "1x4 0x3" }],
  },
  FxnReplays: {
    ...jumps("nonce_replayed", "caller_not_authorized"),
    summary: "a:9464 refuses many repeated requests",
  },
  FxnSignedTimesRefused: {
    ...jumps("timestamp_too_old", "nonce_replayed"),
    summary: "a:9464 refuses many requests for their signed time",
  },
  FxnUnknownCallers: {
    ...jumps("caller_not_authorized", "timestamp_in_future"),
    summary: "a:9464 refuses many callers that it does not know",
  },
  FxnChallengesFail: {
    at: 10,
    // The first of all, and the only one.
    fires: { 'fxn_challenge_total{type="IDENTITY",outcome="failed"}': "_x7 1x5" },
    labels: { type: "IDENTITY" },
    summary: "challenges of kind IDENTITY failed on a:9464",
    quiet: [
      { 'fxn_challenge_total{type="IDENTITY",outcome="ok"}': "0+1x10" },
      { 'fxn_challenge_total{type="IDENTITY",outcome="refused"}': "0+1x10" },
      // The operator rehearses.
      { 'fxn_challenge_rehearsals_total{type="IDENTITY",outcome="failed"}': "_x7 1+1x5" },
    ],
  },
  FxnFirstTokenSlow: {
    at: 25,
    fires: firstTokens(15),
    labels: { model: "tiny" },
    summary: "first tokens of tiny take 19.5s",
    // The last one is one slow stream a minute.
    quiet: [firstTokens(2), firstTokens(8), {}, firstTokens(15, 1)],
  },
  FxnQueueNearLimit: {
    at: 5,
    fires: {
      'fxn_inference_queue_depth{model="tiny"}': "0 500x5",
      'fxn_inference_queue_limit{model="tiny"}': "512x5",
    },
    labels: { model: "tiny" },
    summary: "500 requests wait for tiny",
    quiet: [
      { 'fxn_inference_queue_depth{model="tiny"}': "100x5", 'fxn_inference_queue_limit{model="tiny"}': "512x5" },
      { 'fxn_inference_queue_depth{model="tiny"}': "500x5", 'fxn_inference_queue_limit{model="tiny"}': "4096x5" },
    ],
  },
  FxnClockWrong: {
    at: 10,
    fires: { fxn_clock_skew_seconds: "-90x10" },
    summary: "the clock of a:9464 is 1m 30s from that of others",
    quiet: [{ fxn_clock_skew_seconds: "0.4x10" }, { fxn_clock_skew_seconds: "-4x10" }, {}],
  },
  FxnDiskLow: {
    at: 10,
    fires: { fxn_home_free_bytes: "500000000x10" },
    summary: "476.8MiB are left on the disk of a:9464's home",
    quiet: [{ fxn_home_free_bytes: "50000000000x10" }, { fxn_home_free_bytes: "50000000000x6 500000000x4" }],
  },
  FxnDiskFills: {
    at: 500,
    fires: { fxn_home_free_bytes: "50000000000-80000000x500" },
    summary: "the disk of a:9464's home is full in a day, as it goes on",
    quiet: [{ fxn_home_free_bytes: "50000000000x500" }, { fxn_home_free_bytes: "50000000000-1000000x500" }],
  },
  FxnKeyExposed: {
    at: 1,
    fires: { 'fxn_key_file_exposed{key="node"}': "0 1" },
    labels: { key: "node" },
    summary: "others can read or change the key node on a:9464",
    quiet: [{ 'fxn_key_file_exposed{key="node"}': "0x1" }],
  },
  FxnCertificateExpires: {
    at: 65,
    // promtool's clock begins at 0.
    fires: { fxn_tls_certificate_expiry_timestamp_seconds: "90300x65" },
    summary: "the certificate of a:9464 is good for 1d 0h 0m 0s more",
    quiet: [{ fxn_tls_certificate_expiry_timestamp_seconds: "1300000x65" }, {}],
  },
  FxnCertificateRefused: {
    at: 15,
    fires: { fxn_tls_files_in_use: "1 0x15" },
    summary: "a:9464 cannot use the certificate that its files have now",
    quiet: [{ fxn_tls_files_in_use: "1x15" }, { fxn_tls_files_in_use: "1 0x5 1x9" }, {}],
  },
  FxnReloadRefused: {
    at: 15,
    fires: { fxn_config_last_reload_successful: "1 0x15" },
    summary: "a:9464 runs with another configuration than its files have",
    quiet: [{ fxn_config_last_reload_successful: "1x15" }, { fxn_config_last_reload_successful: "1 0x5 1x9" }],
  },
  FxnSecurityUpdate: {
    at: 1,
    fires: { 'fxn_update_available{version="1.2.3",security="yes"}': "_ 1" },
    labels: { version: "1.2.3", security: "yes" },
    summary: "fxn 1.2.3 mends a hole that a:9464 has",
    quiet: [{ 'fxn_update_available{version="1.2.3",security="no"}': "_ 1" }, {}],
  },
  FxnUpdateAvailable: {
    at: 1450,
    fires: { 'fxn_update_available{version="1.2.3",security="no"}': "1x1450" },
    labels: { version: "1.2.3", security: "no" },
    summary: "fxn 1.2.3 is there for a:9464",
    quiet: [
      { 'fxn_update_available{version="1.2.3",security="yes"}': "1x1450" },
      { 'fxn_update_available{version="1.2.3",security="no"}': "_x1400 1x49" },
    ],
  },
  FxnNetworkDown: {
    at: 15,
    fires: { 'fxn_network_up{network="fedai"}': "1 0x15" },
    labels: { network: "fedai" },
    summary: "fedai can give a:9464 no work",
    quiet: [{ 'fxn_network_up{network="fedai"}': "1x15" }, { 'fxn_network_up{network="fedai"}': "1 0x5 1x9" }],
  },
  FxnTransactionsFail: {
    at: 10,
    fires: { 'fxn_chain_transactions_total{network="oarn",chain="1",event="failed"}': "_x7 1x5" },
    labels: { network: "oarn" },
    summary: "transactions of oarn failed on its chain",
    quiet: [{ 'fxn_chain_transactions_total{network="oarn",chain="1",event="mined"}': "0+1x10" }],
  },
  FxnStoreDown: {
    at: 5,
    fires: { fxn_store_up: "1 0x5" },
    summary: "the shared store does not answer a:9464",
    quiet: [{ fxn_store_up: "1x5" }, {}],
  },
  FxnLedgerErrors: {
    at: 5,
    fires: { fxn_ledger_errors_total: "0x3 1x2" },
    summary: "ledger rows could not be written on a:9464",
    quiet: [{ fxn_ledger_errors_total: "0x5" }],
  },
  FxnWorkersDie: {
    at: 15,
    fires: { fxn_workers_replaced: "0+1x15" },
    summary: "workers of a:9464 die and are replaced",
    quiet: [{ fxn_workers_replaced: "0x15" }, { fxn_workers_replaced: "0x10 1x5" }],
  },
};

const HERE = { instance: "a:9464", job: "fxn" };

/** The series as promtool wants them, all of one node. */
function inputs(series: Series) {
  return Object.entries(series).map(([name, values]) => {
    const [, metric = "", inner = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(name) ?? [];
    const job = inner.startsWith("job=") ? "" : `,job="${HERE.job}"`;
    return { series: `${metric}{${[inner, `instance="${HERE.instance}"`].filter(Boolean).join(",")}${job}}`, values };
  });
}

const filled = (text: string, labels: Readonly<Record<string, string>> = {}) =>
  text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fxn-alerts-"));
  writeFileSync(join(folder, "fxn.rules.yaml"), alertsYaml("prometheus"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, what: unknown): string {
  writeFileSync(join(folder, name), stringify(what));
  return name;
}

function promtool(...words: string[]): [number, string] {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["promtool", ...words], { cwd: folder });
  return [exitCode, exitCode === 0 ? "" : `${stdout}${stderr}`];
}

const rules: { alert: string }[] = parse(alertsYaml("prometheus")).groups[0].rules;
const missing = Bun.which("promtool") ? "" : " (skipped: promtool is not installed)";

describe("alert rules", () => {
  test("every rule has a name of its own, and a case in which it fires and one in which it does not", () => {
    expect(Object.keys(CASES)).toEqual(ALERT_RULES.map(({ name }) => name));
    for (const { fires, quiet } of Object.values(CASES))
      expect([Object.keys(fires).length > 0, quiet.length > 0]).toEqual([true, true]);
  });

  test("as an object of Kubernetes they are the same", () => {
    const { kind, spec } = parse(alertsYaml("kubernetes"));
    expect(kind).toBe("PrometheusRule");
    expect(spec).toEqual(parse(alertsYaml("prometheus")));
  });

  test.skipIf(missing !== "")(`promtool from Debian's prometheus package checks the rules${missing}`, () => {
    expect(promtool("check", "rules", "--lint-fatal", "fxn.rules.yaml")).toEqual([0, ""]);
  });

  test.skipIf(missing !== "")(`promtool: each fires when it should, and not when it should not${missing}`, () => {
    const files = ALERT_RULES.map(({ name, severity, description, check }) => {
      const { at, fires, labels, summary, quiet } = CASES[name]!;
      const one = (series: Series, exp: readonly object[]) => ({
        name: `${name} ${exp.length > 0 ? "fires" : "is quiet"}`,
        interval: "1m",
        input_series: inputs(series),
        alert_rule_test: [{ eval_time: `${at}m`, alertname: name, exp_alerts: exp }],
      });
      const runbook = `fxn doctor --explain ${filled(check, labels)}`;
      const alert = {
        exp_labels: { severity, ...HERE, ...labels },
        exp_annotations: { summary, description, runbook },
      };
      const tests = [one(fires, [alert]), ...quiet.map((series) => one(series, []))];
      // Alone: promtool would evaluate all rules at each minute of a day.
      write(`${name}.rules.yaml`, { groups: [{ name, rules: rules.filter((rule) => rule.alert === name) }] });
      return write(`${name}.test.yaml`, {
        rule_files: [`${name}.rules.yaml`],
        evaluation_interval: at > DAY ? "5m" : "1m",
        tests,
      });
    });
    expect(promtool("test", "rules", ...files)).toEqual([0, ""]);
  });
});
