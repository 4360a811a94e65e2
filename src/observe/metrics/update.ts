// Metric of the release that could take this one's place.
import { Gauge, type Registry } from "prom-client";

/** @param available as it is now; undefined: none, or that is not known */
export function updateMetrics(
  register: Registry,
  available: () => { readonly version: string; readonly security: boolean } | undefined,
): void {
  new Gauge({
    name: "fxn_update_available",
    help: "1, labelled with the newer release that there is, and whether it mends a hole (yes, no); absent when there is none, and unless update.checkInterval is set.",
    labelNames: ["version", "security"],
    registers: [register],
    collect() {
      this.reset();
      const now = available();
      if (now) this.set({ version: now.version, security: now.security ? "yes" : "no" }, 1);
    },
  });
}
