// What the network learns of this machine: the coarse words that its scheduler needs, and nothing that tells it apart.
import type { GpuStats } from "../../core/gpu.ts";
import type { ModelCard } from "../../core/inference.ts";
import { clean } from "../../lib/clean.ts";
import type { BenchSpec } from "./bench.ts";
import { type VramTier, vramTier } from "./vram-tier.ts";

const MAX_GPUS = 16;
const MAX_NAME = 64;
/** An id that is a file's path would show the operator's folders, and often the user's name. */
const PATH = /^([/~\\]|[a-z]:[\\/]|\.{1,2}[\\/])/i;

export interface GpuSpec {
  readonly vendor: string;
  readonly vram_tier: VramTier;
  readonly model: string | null;
}

export interface Hardware {
  readonly gpu_count: number;
  readonly gpus: readonly GpuSpec[];
}

export interface Specs extends Hardware {
  readonly served_models: readonly string[];
  readonly load: {
    readonly active_jobs: number;
    /** How many at most: the scheduler gives no more while this many are active. */
    readonly concurrency_cap: number;
    readonly measured_at: string;
  };
  readonly bench?: BenchSpec;
}

export function hardware(gpus: readonly GpuStats[]): Hardware {
  const told = gpus.slice(0, MAX_GPUS).map(({ vendor, name, vramTotalMb }) => ({
    vendor,
    vram_tier: vramTier(vramTotalMb),
    model: clean(name, MAX_NAME - 1) || null,
  }));
  return { gpu_count: told.length, gpus: told };
}

/** Every job is a chat. */
const CHAT = "/v1/chat/completions";

/** Only these are offered, and asked for. */
export function servedModels(cards: readonly ModelCard[]): readonly string[] {
  const chatting = cards.filter(({ routes }) => routes.includes(CHAT));
  return chatting.map(({ id }) => id).filter((id) => !PATH.test(id) && clean(id, 256) === id);
}

/** @param active jobs in hand @param places more that may begin now @param now milliseconds */
export function specsOf(
  gpus: readonly GpuStats[],
  models: readonly string[],
  { active, places, now, bench }: { active: number; places: number; now: number; bench?: BenchSpec | undefined },
): Specs {
  return {
    ...hardware(gpus),
    served_models: models,
    load: { active_jobs: active, concurrency_cap: active + places, measured_at: new Date(now).toISOString() },
    ...(bench && { bench }),
  };
}
