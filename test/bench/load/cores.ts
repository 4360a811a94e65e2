// Which core does what: what is compared runs alone on one, the load and the model server together on another.
import { availableParallelism } from "node:os";

export const PROXY_CORE = "0";
export const LOAD_CORE = availableParallelism() > 1 ? "1" : "0";

/** The command that runs this one on these cores only, and all that it starts. */
export function pinned(cores: string, command: readonly string[]): string[] {
  return ["taskset", "-c", cores, ...command];
}
