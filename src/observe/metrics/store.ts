// Metrics of the store that several nodes share; a node with a store of its own has none of them.
import { Gauge, type Registry } from "prom-client";

export function storeMetrics(register: Registry, up: () => boolean): void {
  new Gauge({
    name: "fxn_store_up",
    help: "1 when the shared store answers, 0 when callers are refused because it does not.",
    registers: [register],
    collect() {
      this.set(up() ? 1 : 0);
    },
  });
}
