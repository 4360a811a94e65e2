// Metrics of alerts that the node sends by itself.
import { Counter, Gauge, type Registry } from "prom-client";

/** @param firing ids of the checks that fire; asked when it is scraped */
export function alertMetrics(register: Registry, firing: () => readonly string[]) {
  new Gauge({
    name: "fxn_alerts_firing",
    help: "1 for each check whose alert fires; absent for the others.",
    labelNames: ["check"],
    registers: [register],
    collect() {
      this.reset();
      for (const check of firing()) this.set({ check }, 1);
    },
  });
  return {
    sent: new Counter({
      name: "fxn_alerts_sent_total",
      help: "Messages and pings by target and what came of them: sent, failed (it may be tried again) or dropped.",
      labelNames: ["target", "outcome"],
      registers: [register],
    }),
  };
}
