// What only ever grows of a process's metrics: it is kept while the process is silent, and after its end.
import { AggregatorRegistry } from "prom-client";

/** A sum that lacked one for a while would look like a node that began anew: rates would count the rest a second time. */
const GROWING: readonly unknown[] = ["counter", "histogram", "summary"];

/** @param metrics as a register's `getMetricsAsJSON` gives them; gauges tell of a moment, and are left out */
export function counted(metrics: readonly object[]): object[] {
  return metrics.filter((metric) => "type" in metric && GROWING.includes(metric.type));
}

/** Both as if one process had counted them: no larger than the larger of the two. */
export function added(one: object[], other: object[]): object[] {
  return AggregatorRegistry.aggregate([one, other]).getMetricsAsArray();
}
