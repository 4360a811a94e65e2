// How this program starts itself again as another process of a node.
import { join } from "node:path";

/** No commands of the operator's: they stand in no help. */
export const COMPUTE_PROCESS = "compute-process";
export const WORKER_PROCESS = "worker-process";
export const MODEL_PROCESS = "model-process";

/** The compiled file is the whole program; from the sources, Bun runs the entry. */
export function selfCommand(): string[] {
  const compiled = Bun.main.includes("$bunfs") || Bun.main.includes("~BUN");
  return compiled ? [process.execPath] : [process.execPath, Bun.main];
}

/** What of the disk this program needs where it sees nothing else. */
export function selfFiles(): string[] {
  const compiled = selfCommand().length === 1;
  return compiled ? [process.execPath] : [process.execPath, join(import.meta.dir, "..")];
}
