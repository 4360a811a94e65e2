// Dashboard and alerts ask for what a node has: each expression is read, and held against the register's own definitions.
import { describe, expect, test } from "bun:test";
import { groupedBy, seriesIn } from "../../test/fakes/promql.ts";
import { ALERT_RULES } from "./alerts/rules.ts";
import { grafanaDashboard } from "./dashboard/grafana.ts";
import { ROWS } from "./dashboard/panels.ts";
import { everyMetric } from "./metrics/all.ts";

/** What Prometheus puts to every series, and one that is its own. */
const OF_PROMETHEUS = ["instance", "job"];

const targets: { where: string; expr: string }[] = JSON.parse(grafanaDashboard()).panels.flatMap(
  ({ title, targets: of = [] }: { title: string; targets?: { expr: string }[] }) =>
    of.map(({ expr }) => ({ where: `panel ${title}`, expr })),
);
const EXPRESSIONS = [
  ...targets.map(({ where, expr }) => ({ where, expr: expr.replaceAll("$__rate_interval", "5m") })),
  ...ALERT_RULES.map(({ name, expr }) => ({ where: `alert ${name}`, expr })),
];

/** By name, the labels of each series, the parts of histograms among them. */
async function series(): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>([["up", OF_PROMETHEUS]]);
  for (const { name, labels, type } of await everyMetric()) {
    const own = [...labels, ...OF_PROMETHEUS];
    if (type !== "histogram") names.set(name, own);
    else {
      names.set(`${name}_bucket`, [...own, "le"]);
      for (const part of ["sum", "count"]) names.set(`${name}_${part}`, own);
    }
  }
  return names;
}

/** What is wrong with an expression, in words. */
function faults(expr: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  const asked = seriesIn(expr);
  if (asked.length === 0) return ["asks for nothing"];
  return asked.flatMap(({ metric, labels }) => {
    const has = known.get(metric);
    if (!has) return [`there is no ${metric}`];
    return labels.filter((label) => !has.includes(label)).map((label) => `${metric} has no label ${label}`);
  });
}

describe("a check that every panel and rule names a metric that exists", () => {
  test("every metric and label of every panel and rule", async () => {
    const known = await series();
    const wrong = EXPRESSIONS.flatMap(({ where, expr }) => faults(expr, known).map((fault) => `${where}: ${fault}`));
    expect(wrong).toEqual([]);
    expect(EXPRESSIONS.length).toBeGreaterThan(60);
  });

  test("finds a metric, a label and a part of a histogram that are not there, and what is no PromQL", async () => {
    const known = await series();
    expect(faults("fxn_redy == 0", known)).toEqual(["there is no fxn_redy"]);
    expect(faults(`fxn_ready{modl="x"}`, known)).toEqual(["fxn_ready has no label modl"]);
    expect(faults("sum by (model) (rate(fxn_http_requests_total[5m]))", known)).toEqual([
      "fxn_http_requests_total has no label model",
    ]);
    expect(faults("fxn_ready * on (gpu) fxn_store_up", known)).toHaveLength(2);
    expect(faults("rate(fxn_inference_first_token_seconds[5m])", known)).toHaveLength(1);
    expect(faults("1 + 1", known)).toEqual(["asks for nothing"]);
    expect(() => faults("sum by (model (x))", known)).toThrow("no PromQL");
  });

  test("words of panels and rules name labels that the result has", async () => {
    const known = await series();
    const worded = [
      ...ROWS.flatMap(({ panels }) => panels)
        .flatMap(({ queries }) => queries)
        .map(({ expr, legend }) => ({
          expr: expr.replaceAll("$node", "").replaceAll("$__rate_interval", "5m"),
          words: legend,
        })),
      ...ALERT_RULES.map(({ expr, summary, check = "" }) => ({ expr, words: `${summary} ${check}` })),
    ];
    const wrong = worded.flatMap(({ expr, words }) => {
      const used = [...words.matchAll(/\{\{(?:\s*\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = ""]) => label);
      const has = groupedBy(expr) ?? known.get(seriesIn(expr)[0]?.metric ?? "") ?? [];
      return used.filter((label) => !has.includes(label)).map((label) => `${words}: ${label} is not in ${expr}`);
    });
    expect(wrong).toEqual([]);
  });
});

test("Metrics of PRODUCT.md section 9 beside the Go node's names", async () => {
  const wanted: Record<string, readonly string[]> = {
    fxn_build_info: [],
    fxn_ready: [],
    fxn_http_requests_total: ["route", "code"],
    fxn_auth_rejected_total: ["reason"],
    fxn_inference_duration_seconds: ["model", "backend", "outcome"],
    fxn_inference_first_token_seconds: [],
    fxn_inference_tokens_total: ["model", "direction"],
    fxn_inference_queue_depth: [],
    fxn_inference_queue_wait_seconds: [],
    fxn_inference_cancelled_total: [],
    fxn_backend_up: ["backend"],
    fxn_backend_retries_total: [],
    fxn_challenge_total: ["type", "outcome"],
    fxn_challenge_duration_seconds: ["type", "device"],
    fxn_registry_age_seconds: ["registry"],
    fxn_registry_entries: [],
    fxn_rpc_requests_total: ["endpoint", "outcome"],
    fxn_gpu_utilization_ratio: ["gpu"],
    fxn_gpu_memory_used_bytes: [],
    fxn_gpu_temperature_celsius: [],
    fxn_network_session_up: ["network"],
    fxn_clock_skew_seconds: [],
    fxn_config_reload_success_timestamp_seconds: [],
    // The Go node's.
    endpoint_responses_total: ["endpoint", "status_code"],
    challenge_matrix_mult_duration_ms: [],
    challenge_matrix_mult_size: [],
    challenge_matrix_mult_gflops: [],
    challenge_matrix_mult_backend_total: ["backend"],
    gpu_utilization_percent: [],
    gpu_memory_used_bytes: [],
  };
  const known = new Map((await everyMetric()).map((metric) => [metric.name, metric]));
  for (const [name, labels] of Object.entries(wanted)) {
    expect([name, known.get(name)?.labels ?? []]).toEqual([name, expect.arrayContaining([...labels])]);
    expect(known.get(name)?.help ?? "").not.toBe("");
  }
});
