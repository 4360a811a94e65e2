// Rows of the dashboard about callers: the node as a whole, their requests, inference, tokens.
import { halfAnd95, one, type Row, rate } from "./panel.ts";

export const SERVING_ROWS: readonly Row[] = [
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
        title: "Certificate",
        description: "When callers will refuse the one in use; nothing where the node speaks plain HTTP.",
        unit: "dateTimeFromNow",
        kind: "stat",
        queries: one("fxn_tls_certificate_expiry_timestamp_seconds{$node} * 1000", "{{instance}}"),
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
        title: "Streams",
        description: "Streamed answers under way.",
        unit: "short",
        queries: one("sum by (model) (fxn_inference_streams{$node})", "{{model}}"),
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
];
