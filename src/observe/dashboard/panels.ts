// THE PANEL TABLE: what the dashboard shows, row by row; each panel one or more expressions of Prometheus.

export interface Query {
  /** PromQL. `$node` stands for the selector of the nodes that were chosen. */
  readonly expr: string;
  /** "{{model}}": labels in words. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it means, and when to worry. */
  readonly description: string;
  /** As Grafana names it; "yesno" is 1 or 0 in words. */
  readonly unit:
    | "short"
    | "s"
    | "bytes"
    | "percentunit"
    | "reqps"
    | "celsius"
    | "watt"
    | "cps"
    | "dateTimeFromNow"
    | "yesno";
  /** stat: the value now. Default: over time. */
  readonly kind?: "stat";
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const rate = (by: string, series: string): string => `sum by (${by}) (rate(${series}{$node}[$__rate_interval]))`;

function quantile(share: number, by: string, histogram: string): string {
  return `histogram_quantile(${share}, sum by (${by}, le) (rate(${histogram}_bucket{$node}[$__rate_interval])))`;
}

const halfAnd95 = (by: string, histogram: string): readonly Query[] =>
  [
    { share: 0.5, words: "half" },
    { share: 0.95, words: "95 of 100" },
  ].map(({ share, words }) => ({ expr: quantile(share, by, histogram), legend: `{{${by}}} ${words}` }));

const one = (expr: string, legend: string): readonly Query[] => [{ expr, legend }];

export const ROWS: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      {
        title: "Ready",
        description: "Whether requests are served. fxn status says why not.",
        unit: "yesno",
        kind: "stat",
        queries: one("fxn_ready{$node}", "{{instance}}"),
      },
      {
        title: "Registered",
        description: "How the Function Network sees this node's address; nothing where it is off.",
        unit: "yesno",
        kind: "stat",
        queries: [
          { expr: "fxn_provider_registered{$node}", legend: "registered" },
          { expr: "fxn_provider_active{$node}", legend: "active" },
        ],
      },
      {
        title: "Version",
        description: "What runs, and a newer release if one is known of.",
        unit: "short",
        kind: "stat",
        queries: [
          { expr: "fxn_build_info{$node}", legend: "{{version}}" },
          { expr: "fxn_update_available{$node}", legend: "newer: {{version}}" },
        ],
      },
      {
        title: "Clock",
        description:
          "How far this clock is ahead of others; more than 5 s is worth a look, minutes mean refused callers.",
        unit: "s",
        kind: "stat",
        queries: one("fxn_clock_skew_seconds{$node}", "{{instance}}"),
      },
      {
        title: "Disk",
        description: "What is free for the home. Below 1 GB answers are in danger.",
        unit: "bytes",
        kind: "stat",
        queries: one("fxn_home_free_bytes{$node}", "{{instance}}"),
      },
      {
        title: "Configuration read",
        description: "When the configuration that runs was read.",
        unit: "dateTimeFromNow",
        kind: "stat",
        queries: one("fxn_config_reload_success_timestamp_seconds{$node} * 1000", "{{instance}}"),
      },
    ],
  },
  {
    title: "Requests",
    panels: [
      {
        title: "Answers",
        description: "Of the public listener, by route and status.",
        unit: "reqps",
        queries: one(rate("route, code", "fxn_http_requests_total"), "{{route}} {{code}}"),
      },
      {
        title: "Refused callers",
        description: "By reason: a replay, a signed time too far away, a caller that the registry does not have.",
        unit: "reqps",
        queries: one(rate("reason", "fxn_auth_rejected_total"), "{{reason}}"),
      },
      {
        title: "Until the headers",
        description: "From the arrival of a request to the headers of its answer.",
        unit: "s",
        queries: halfAnd95("route", "fxn_http_response_start_seconds"),
      },
      {
        title: "Bodies in memory",
        description: "Of requests that are being read; limits.bufferedBodies is the most.",
        unit: "bytes",
        queries: one("fxn_http_buffered_body_bytes{$node}", "{{instance}}"),
      },
    ],
  },
  {
    title: "Inference",
    panels: [
      {
        title: "First token",
        description: "From the arrival of a streamed request to its first token.",
        unit: "s",
        queries: halfAnd95("model", "fxn_inference_first_token_seconds"),
      },
      {
        title: "Whole answer",
        description: "From the arrival of a request to the end of its answer.",
        unit: "s",
        queries: halfAnd95("model", "fxn_inference_duration_seconds"),
      },
      {
        title: "Outcomes",
        description: "How answers ended.",
        unit: "reqps",
        queries: one(rate("outcome", "fxn_inference_duration_seconds_count"), "{{outcome}}"),
      },
      {
        title: "Waiting",
        description: "Requests that wait for a place at a model server, and how many may.",
        unit: "short",
        queries: [
          { expr: "sum by (model) (fxn_inference_queue_depth{$node})", legend: "{{model}}" },
          { expr: "sum by (model) (fxn_inference_queue_limit{$node})", legend: "{{model}} limit" },
        ],
      },
      {
        title: "Wait",
        description: "How long requests waited for a place.",
        unit: "s",
        queries: halfAnd95("model", "fxn_inference_queue_wait_seconds"),
      },
      {
        title: "Callers who left",
        description: "Requests whose caller left before the end.",
        unit: "reqps",
        queries: one(rate("model", "fxn_inference_cancelled_total"), "{{model}}"),
      },
      {
        title: "Models",
        description: "1: a model server of it works.",
        unit: "short",
        queries: one("fxn_model_up{$node}", "{{model}}"),
      },
      {
        title: "Model servers",
        description: "1: it works, 0: it is left out.",
        unit: "short",
        queries: one("fxn_backend_up{$node}", "{{backend}}"),
      },
      {
        title: "Under way",
        description: "Requests at each model server.",
        unit: "short",
        queries: one("sum by (backend) (fxn_backend_inflight{$node})", "{{backend}}"),
      },
      {
        title: "Asked again elsewhere",
        description: "Requests that this model server did not answer, and another was asked.",
        unit: "reqps",
        queries: one(rate("backend", "fxn_backend_retries_total"), "{{backend}}"),
      },
    ],
  },
  {
    title: "Tokens",
    panels: [
      {
        title: "Tokens per second",
        description: "Read (prompt) and written (completion).",
        unit: "cps",
        queries: one(rate("model, direction", "fxn_inference_tokens_total"), "{{model}} {{direction}}"),
      },
      {
        title: "Tokens per day",
        description: "Of the last 24 hours, at each moment.",
        unit: "short",
        queries: one(
          "sum by (model, direction) (increase(fxn_inference_tokens_total{$node}[1d]))",
          "{{model}} {{direction}}",
        ),
      },
    ],
  },
  {
    title: "GPU",
    panels: [
      {
        title: "Utilization",
        description: "How busy each GPU is.",
        unit: "percentunit",
        queries: one("fxn_gpu_utilization_ratio{$node}", "{{gpu}} {{name}}"),
      },
      {
        title: "Memory",
        description: "In use, and all that there is.",
        unit: "bytes",
        queries: [
          { expr: "fxn_gpu_memory_used_bytes{$node}", legend: "{{gpu}} {{name}}" },
          { expr: "fxn_gpu_memory_total_bytes{$node}", legend: "{{gpu}} all" },
        ],
      },
      {
        title: "Temperature",
        description: "Most cards slow down somewhat above 80 °C.",
        unit: "celsius",
        queries: one("fxn_gpu_temperature_celsius{$node}", "{{gpu}} {{name}}"),
      },
      {
        title: "Power",
        description: "What each GPU draws.",
        unit: "watt",
        queries: one("fxn_gpu_power_watts{$node}", "{{gpu}} {{name}}"),
      },
    ],
  },
  {
    title: "Registries and chain",
    panels: [
      {
        title: "Age of the registries",
        description: "Beyond registry.maxStale callers are refused.",
        unit: "s",
        queries: one("fxn_registry_age_seconds{$node}", "{{registry}}"),
      },
      {
        title: "Entries",
        description: "How many each registry has.",
        unit: "short",
        queries: one("fxn_registry_entries{$node}", "{{registry}}"),
      },
      {
        title: "RPC requests",
        description: "By the RPC's place in rpcProvider.",
        unit: "reqps",
        queries: one(rate("endpoint, outcome", "fxn_rpc_requests_total"), "{{endpoint}} {{outcome}}"),
      },
      {
        title: "RPC requests of networks",
        description: "By network and the RPC's place in its rpcUrls.",
        unit: "reqps",
        queries: one(
          rate("network, endpoint, outcome", "fxn_chain_rpc_requests_total"),
          "{{network}} {{endpoint}} {{outcome}}",
        ),
      },
      {
        title: "Transactions",
        description: "What came of them.",
        unit: "short",
        queries: one(
          "sum by (network, event) (increase(fxn_chain_transactions_total{$node}[$__rate_interval]))",
          "{{network}} {{event}}",
        ),
      },
    ],
  },
  {
    title: "Challenges",
    panels: [
      {
        title: "Challenges",
        description: "By type and outcome; failed is what the scheduler counts against this node.",
        unit: "short",
        queries: one(
          "sum by (type, outcome) (increase(fxn_challenge_total{$node}[$__rate_interval]))",
          "{{type}} {{outcome}}",
        ),
      },
      {
        title: "Challenges take",
        description: "Of 100, 95 are faster.",
        unit: "s",
        queries: one(quantile(0.95, "type, device", "fxn_challenge_duration_seconds"), "{{type}} {{device}}"),
      },
    ],
  },
  {
    title: "Networks and earnings",
    panels: [
      {
        title: "Sessions",
        description: "1: the network's session runs.",
        unit: "short",
        queries: one("fxn_network_session_up{$node}", "{{network}}"),
      },
      {
        title: "Fit for work",
        description: "1: the network can give this node work.",
        unit: "short",
        queries: one("fxn_network_up{$node}", "{{network}}"),
      },
      {
        title: "Work",
        description: "Pieces of work that have ended, by how.",
        unit: "short",
        queries: one(
          "sum by (network, result) (increase(fxn_network_work_total{$node}[$__rate_interval]))",
          "{{network}} {{result}}",
        ),
      },
      {
        title: "Work under way",
        description: "Of each network, now.",
        unit: "short",
        queries: one("fxn_network_running{$node}", "{{network}}"),
      },
      {
        title: "Calls",
        description: "To the network and from it, by what came of them.",
        unit: "reqps",
        queries: one(rate("network, call, result", "fxn_network_calls_total"), "{{network}} {{call}} {{result}}"),
      },
      {
        title: "Earned",
        description: "All that networks have paid, and all that transactions have cost. fxn earnings is exact.",
        unit: "short",
        queries: one("sum by (network, asset, kind) (fxn_earnings_amount{$node})", "{{network}} {{asset}} {{kind}}"),
      },
    ],
  },
  {
    title: "Process",
    panels: [
      {
        title: "Memory",
        description: "Of the node and its workers.",
        unit: "bytes",
        queries: one("process_resident_memory_bytes{$node}", "{{instance}}"),
      },
      {
        title: "Processor",
        description: "Cores in use, of the node and its workers.",
        unit: "short",
        queries: one(rate("instance", "process_cpu_seconds_total"), "{{instance}}"),
      },
      {
        title: "Shared store",
        description: "1: it answers. Nothing where a node has a store of its own.",
        unit: "short",
        queries: one("fxn_store_up{$node}", "{{instance}}"),
      },
      {
        title: "Trouble",
        description: "Ledger rows that could not be written, and workers that died.",
        unit: "short",
        queries: [
          { expr: "increase(fxn_ledger_errors_total{$node}[$__rate_interval])", legend: "ledger errors" },
          { expr: "fxn_workers_replaced{$node}", legend: "workers replaced" },
        ],
      },
    ],
  },
];
