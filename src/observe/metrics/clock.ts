// Metric of this machine's clock, beside those of others.
import { Gauge, type Registry } from "prom-client";

/** @param aheadMs as it is now; undefined: nobody told the time */
export function clockMetrics(register: Registry, aheadMs: () => number | undefined): void {
  new Gauge({
    name: "fxn_clock_skew_seconds",
    help: "How far this clock is ahead (behind: negative), by the Date headers of RPCs and of model servers elsewhere; absent until one told the time.",
    // Workers and node have heard different servers of the same clock.
    aggregator: "average",
    registers: [register],
    collect() {
      const now = aheadMs();
      if (now === undefined) this.remove();
      else this.set(now / 1000);
    },
  });
}
