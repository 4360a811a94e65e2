// Metrics of the public listener: answers by route and status, refusals by reason, requests under way.
import { Counter, type Registry } from "prom-client";
import { LightCounter, LightGauge, LightHistogram } from "./light.ts";

export function httpMetrics(register: Registry) {
  const registers = [register];
  return {
    requests: new LightCounter({
      name: "fxn_http_requests_total",
      help: "Answers by route and status.",
      labelNames: ["route", "code"],
      registers,
    }),
    /** The Go node's name for the same; its dashboards go on working. */
    responses: new LightCounter({
      name: "endpoint_responses_total",
      help: "Answers by endpoint and status code.",
      labelNames: ["endpoint", "status_code"],
      registers,
    }),
    refused: new Counter({
      name: "fxn_auth_rejected_total",
      help: "Requests that verification refused, by reason.",
      labelNames: ["reason"],
      registers,
    }),
    headersSeconds: new LightHistogram({
      name: "fxn_http_response_start_seconds",
      help: "From the arrival of a request to the headers of its answer.",
      labelNames: ["route"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
      registers,
    }),
    bufferedBytes: new LightGauge({
      name: "fxn_http_buffered_body_bytes",
      help: "Bytes of request bodies held in memory.",
      labelNames: [],
      registers,
    }),
  };
}

export type HttpMetrics = ReturnType<typeof httpMetrics>;
