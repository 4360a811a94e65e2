// How this program starts itself again as the compute process of a node.

/** No command of the operator's: it stands in no help. */
export const COMPUTE_PROCESS = "compute-process";

/** The compiled file is the whole program; from the sources, Bun runs the entry. */
export function selfCommand(): string[] {
  const compiled = Bun.main.includes("$bunfs") || Bun.main.includes("~BUN");
  return compiled ? [process.execPath] : [process.execPath, Bun.main];
}
