// What the files may say of a node that begins, and of none that runs, though no single setting is to blame.
import { contradictions } from "../../config/checks.ts";
import type { Config } from "../../config/schema.ts";
import { keepMs } from "../stores.ts";
import { servingProcesses } from "../workers/count.ts";
import { type Configured, ReloadError } from "./part.ts";

const NOWHERE = { file: "" };

/** Throws ReloadError. @param begun what the node began with */
export function refuseWhatNeedsRestart(next: Configured, begun: { config: Config; processes: number }): void {
  const hint = "Restart the node: fxn restart";
  // Each file alone was found well; together with what stays as it is until a restart it may not be.
  const mixed = contradictions(next.config, { valueAt: () => NOWHERE, keyAt: () => NOWHERE }, []);
  if (mixed.length > 0) {
    const why = mixed.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new ReloadError("reload_needs_restart", 409, `with what stays as it is until a restart, ${why}`, { hint });
  }
  if (begun.processes > 1 && servingProcesses(next.config, next.models) === 1) {
    const why = `a runner is one process, and this node serves in ${begun.processes}: provider process needs a restart`;
    throw new ReloadError("reload_needs_restart", 409, why, { hint });
  }
  if (keepMs(next.config) > keepMs(begun.config)) {
    const why = "a network is turned on that takes signed times for longer than nonces are kept: it needs a restart";
    throw new ReloadError("reload_needs_restart", 409, why, { hint: "Stop the node and start it again." });
  }
}
