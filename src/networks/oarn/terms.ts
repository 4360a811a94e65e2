// What the node can do now, and what its operator wants: the terms that tasks are held against.
import { totalmem } from "node:os";
import type { ModelCard } from "../../core/inference.ts";
import type { ChainPorts } from "../ports.ts";
import type { Compute, ModelLimits } from "./compute/compute.ts";
import type { OarnSettings } from "./settings.ts";
import type { Terms } from "./tasks/judge.ts";

const MB = 1024 * 1024;
/** As much as the engine can address. */
const MODEL_MEMORY_MB = 4096;

/** Of one model at work. */
export function limitsOf({ compute: wanted }: OarnSettings): ModelLimits {
  return {
    memoryBytes: (wanted.maxRamMb ?? MODEL_MEMORY_MB) * MB,
    timeMs: wanted.taskTimeout,
    cpuMs: wanted.taskTimeout,
    outputBytes: wanted.maxResult,
  };
}

export function termsOf(
  { compute: wanted }: OarnSettings,
  compute: Compute | undefined,
  { gpus, models }: Pick<ChainPorts, "gpus"> & { models(): readonly Pick<ModelCard, "id">[] },
): Terms {
  const cards = gpus();
  const sizes = cards.map(({ vramTotalMb }) => vramTotalMb).filter((size) => size !== undefined);
  return {
    frameworks: (compute?.frameworks ?? []).filter((name) => wanted.frameworks.includes(name)),
    models: models().map(({ id }) => id),
    acceptedModels: wanted.acceptedModels,
    minReward: wanted.minReward,
    // One task runs on one card.
    vramMb: wanted.maxVramMb ?? (sizes.length > 0 ? Math.max(...sizes) : cards.length > 0 ? undefined : 0),
    ramMb: wanted.maxRamMb ?? Math.floor(totalmem() / MB),
    hasGpu: cards.length > 0,
    neededSeconds: Math.ceil((wanted.taskTimeout + wanted.deadlineMargin) / 1000),
    longestSeconds: Math.floor(wanted.maxDeadline / 1000),
    joinRaces: wanted.joinRaces,
    requireCids: wanted.requireCids,
  };
}
