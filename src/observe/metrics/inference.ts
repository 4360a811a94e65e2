// Metrics of inference: answers, first tokens, tokens, waiting, model servers, the ledger.
import { Counter, Gauge, type Registry } from "prom-client";
import { LightCounter, LightGauge, LightHistogram } from "./light.ts";

/** A long answer takes minutes; buckets that end at a second would show nothing. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

export function inferenceMetrics(register: Registry) {
  const registers = [register];
  return {
    seconds: new LightHistogram({
      name: "fxn_inference_duration_seconds",
      help: "From the arrival of a request to the end of its answer.",
      labelNames: ["model", "backend", "outcome"],
      buckets: SECONDS,
      registers,
    }),
    firstTokenSeconds: new LightHistogram({
      name: "fxn_inference_first_token_seconds",
      help: "From the arrival of a streamed request to its first token.",
      labelNames: ["model", "backend"],
      buckets: SECONDS,
      registers,
    }),
    tokens: new LightCounter({
      name: "fxn_inference_tokens_total",
      help: "Tokens by direction: prompt or completion.",
      labelNames: ["model", "direction"],
      registers,
    }),
    cancelled: new Counter({
      name: "fxn_inference_cancelled_total",
      help: "Requests whose caller left before the end.",
      labelNames: ["model"],
      registers,
    }),
    queueDepth: new Gauge({
      name: "fxn_inference_queue_depth",
      help: "Requests that wait for a free model server.",
      labelNames: ["model"],
      registers,
    }),
    queueLimit: new Gauge({
      name: "fxn_inference_queue_limit",
      help: "Requests that may wait; one more is refused. Absent until one has waited.",
      labelNames: ["model"],
      // All processes have one queue.
      aggregator: "max",
      registers,
    }),
    queueSeconds: new LightHistogram({
      name: "fxn_inference_queue_wait_seconds",
      help: "How long requests waited for a free model server.",
      labelNames: ["model"],
      buckets: SECONDS,
      registers,
    }),
    backendUp: new Gauge({
      name: "fxn_backend_up",
      help: "1 when the model server works, 0 when it is left out; absent until it was heard of.",
      labelNames: ["backend"],
      // Of several workers: what one of them leaves out is worth an alert.
      aggregator: "min",
      registers,
    }),
    backendInflight: new LightGauge({
      name: "fxn_backend_inflight",
      help: "Requests under way at the model server.",
      labelNames: ["backend"],
      registers,
    }),
    streams: new LightGauge({
      name: "fxn_inference_streams",
      help: "Streamed answers under way, from when a model server is asked until the last byte has left.",
      labelNames: ["model"],
      registers,
    }),
    retries: new Counter({
      name: "fxn_backend_retries_total",
      help: "Requests that this model server did not answer and another was asked.",
      labelNames: ["backend"],
      registers,
    }),
    ledgerErrors: new Counter({
      name: "fxn_ledger_errors_total",
      help: "Ledger rows that could not be written.",
      registers,
    }),
  };
}

export type InferenceMetrics = ReturnType<typeof inferenceMetrics>;

/** @param up by model, whether any of its servers can be asked; nothing of one whose servers were not heard of. Asked when it is scraped */
export function modelMetrics(register: Registry, up: () => Readonly<Record<string, boolean>>): void {
  new Gauge({
    name: "fxn_model_up",
    help: "1 when a model has a model server that works, 0 when all of them are left out; absent until one was heard of.",
    labelNames: ["model"],
    // Of several workers: what one of them cannot serve is worth an alert.
    aggregator: "min",
    registers: [register],
    collect() {
      this.reset();
      for (const [model, works] of Object.entries(up())) this.set({ model }, works ? 1 : 0);
    },
  });
}
