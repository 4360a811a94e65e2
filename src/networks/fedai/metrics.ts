// Metrics that fed_AI's node has at /metrics of its own listener, under the names that the network's dashboards know.
import { Counter, Histogram, Registry } from "prom-client";
import { processMetrics } from "../../observe/metrics/node.ts";

export interface FedaiMetrics {
  /** An inference that was answered. @param status as HTTP has it; of a stream: how it ended */
  answered(status: number, seconds: number): void;
  receiptRefused(): void;
  /** Prometheus text, and its content type. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** The network's own up to 1 s, and what language models take. */
const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 600];

export function fedaiMetrics(): FedaiMetrics {
  const register = new Registry();
  const registers = [register];
  processMetrics(register);
  const requests = new Counter({
    name: "node_inference_requests_total",
    help: "Inference requests by status.",
    labelNames: ["status"],
    registers,
  });
  const seconds = new Histogram({
    name: "node_inference_duration_seconds",
    help: "How long inference requests took.",
    buckets: SECONDS,
    registers,
  });
  const receipts = new Counter({
    name: "node_payment_receipt_failures_total",
    help: "Payment receipts that were refused.",
    registers,
  });
  return {
    answered(status, took) {
      requests.inc({ status: String(status) });
      seconds.observe(took);
    },
    receiptRefused: () => receipts.inc(),
    text: () => register.metrics(),
    contentType: register.contentType,
  };
}
