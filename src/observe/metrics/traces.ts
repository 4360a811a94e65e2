// Metrics of the way to a collector of traces; a node without one has none of them.
import { Counter, type Registry } from "prom-client";

export function traceMetrics(register: Registry) {
  return {
    spans: new Counter({
      name: "fxn_trace_spans_total",
      help: "Spans by outcome: exported, or dropped because the collector did not take them or too many waited.",
      labelNames: ["outcome"],
      registers: [register],
    }),
  };
}
