// Metrics of the folder that has the node's files: room on its disk, and keys that others can read.
import { Gauge, type Registry } from "prom-client";

export interface HomeFacts {
  /** Bytes; undefined: the system does not say. */
  freeBytes(): number | undefined;
  /** Of each key by its name: whether others can read or change it; nothing of one that cannot be looked at. */
  exposedKeys(): Readonly<Record<string, boolean>>;
}

/** @param facts asked when it is scraped */
export function homeMetrics(register: Registry, facts: HomeFacts): void {
  const registers = [register];
  new Gauge({
    name: "fxn_home_free_bytes",
    help: "What is free on the disk that has the home, for the user that runs the node.",
    registers,
    collect() {
      const free = facts.freeBytes();
      if (free === undefined) this.remove();
      else this.set(free);
    },
  });
  new Gauge({
    name: "fxn_key_file_exposed",
    help: "1 when a key file or its folder can be read or changed by others, 0 when not.",
    labelNames: ["key"],
    registers,
    collect() {
      this.reset();
      for (const [key, exposed] of Object.entries(facts.exposedKeys())) this.set({ key }, exposed ? 1 : 0);
    },
  });
}
