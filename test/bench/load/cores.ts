// Which core does what: what is compared runs alone on one, the load and the model server together on another.
import { availableParallelism } from "node:os";

export const PROXY_CORE = "0";
export const LOAD_CORE = availableParallelism() > 1 ? "1" : "0";

/** Of two workers; with the load beside them only where there are no more. */
export const TWO_CORES = availableParallelism() > 2 ? "0,2" : "0,1";

/** The command that runs this one on these cores only, and all that it starts. */
export function pinned(cores: string, command: readonly string[]): string[] {
  return ["taskset", "-c", cores, ...command];
}
