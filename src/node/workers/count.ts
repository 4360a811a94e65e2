// How many processes serve callers, and what each of them may hold.
import { availableParallelism } from "node:os";
import { type ModelsConfig, PROCESS } from "../../config/models-schema.ts";
import type { Config } from "../../config/schema.ts";

const MOST_BY_DEFAULT = 4;

/**
 * @param configured server.workers; 0 leaves it to the machine. Only Linux shares a port's connections out among
 *   processes: elsewhere there is one, whatever is configured.
 */
export function workerCount(configured: number, platform = process.platform, cores = availableParallelism()): number {
  if (platform !== "linux") return 1;
  return configured > 0 ? configured : Math.min(cores, MOST_BY_DEFAULT);
}

/** A runner is one process with its model in memory: each worker would start one of its own. So then the node serves alone. */
export function servingProcesses({ server }: Pick<Config, "server">, models: ModelsConfig | undefined): number {
  const runner = models?.models.some(({ backends }) => backends.some(({ provider }) => provider === PROCESS));
  return runner ? 1 : workerCount(server.workers);
}

type BodyLimits = Pick<Config["limits"], "bufferedBodies" | "openaiBody" | "challengeBody">;

/**
 * Bytes of request bodies that one of `workers` processes may hold: its share of the node's limit, since the kernel
 * deals out connections evenly enough; yet no less than the largest body, which could never be let in otherwise.
 */
export function bufferedBodiesEach(limits: BodyLimits, workers: number): number {
  return Math.max(Math.floor(limits.bufferedBodies / workers), limits.openaiBody, limits.challengeBody);
}
