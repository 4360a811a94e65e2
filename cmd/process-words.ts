// How this program starts itself again as another process of a node.

/** No commands of the operator's: they stand in no help. */
export const COMPUTE_PROCESS = "compute-process";
export const WORKER_PROCESS = "worker-process";

/** The compiled file is the whole program; from the sources, Bun runs the entry. */
export function selfCommand(): string[] {
  const compiled = Bun.main.includes("$bunfs") || Bun.main.includes("~BUN");
  return compiled ? [process.execPath] : [process.execPath, Bun.main];
}
