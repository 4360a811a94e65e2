// The operator's own use of the GPU: seen by its being busy with nothing of ours, it keeps the networks out.
import type { GpuStats } from "../core/gpu.ts";

export interface OwnUseOptions {
  /** Percent; 0: never. */
  readonly gpuBusy: number;
  /** Milliseconds. */
  readonly pause: number;
}

export interface OwnUsePorts {
  /** Pieces of networks' work under way. */
  running(): number;
  /** Networks get nothing for so many milliseconds. */
  keepForOwner(ms: number): void;
}

/** Gets each reading of the GPUs. What is busy while our own work runs may be that work: it says nothing. */
export function ownUse({ gpuBusy, pause }: OwnUseOptions, budget: OwnUsePorts): (gpus: readonly GpuStats[]) => void {
  return (gpus) => {
    if (gpuBusy === 0 || budget.running() > 0) return;
    if (gpus.some(({ utilizationGpuPct = 0 }) => utilizationGpuPct >= gpuBusy)) budget.keepForOwner(pause);
  };
}
