// Metrics of the configuration that runs: when it was read, and whether the last change of it was taken over.
import { Gauge, type Registry } from "prom-client";

/** @param state as it is now */
export function reloadMetrics(
  register: Registry,
  state: () => { readonly loadedAt: number; readonly lastError: string | undefined },
): void {
  const registers = [register];
  new Gauge({
    name: "fxn_config_reload_success_timestamp_seconds",
    help: "When the configuration that runs was read: at the start, or by the last reload that was not refused.",
    registers,
    collect() {
      this.set(state().loadedAt / 1000);
    },
  });
  new Gauge({
    name: "fxn_config_last_reload_successful",
    help: "1 unless the last reload was refused; then 0: the files and what runs differ.",
    registers,
    collect() {
      this.set(state().lastError === undefined ? 1 : 0);
    },
  });
}
