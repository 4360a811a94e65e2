// How many processes serve callers.
import { availableParallelism } from "node:os";

const MOST_BY_DEFAULT = 4;

/**
 * @param configured server.workers; 0 leaves it to the machine. Only Linux shares a port's connections out among
 *   processes: elsewhere there is one, whatever is configured.
 */
export function workerCount(configured: number, platform = process.platform, cores = availableParallelism()): number {
  if (platform !== "linux") return 1;
  return configured > 0 ? configured : Math.min(cores, MOST_BY_DEFAULT);
}
