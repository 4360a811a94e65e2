// THE TABLE OF GPU SOURCES. Rows are asked at the same time; in a row, the next is asked when the one before named no card.
import { amdSmi } from "./amd-smi.ts";
import { amdgpu } from "./amdgpu.ts";
import { systemProfiler } from "./apple.ts";
import { intelDrm } from "./intel-drm.ts";
import { nvidiaSmi } from "./nvidia.ts";
import { rocmSmi } from "./rocm-smi.ts";
import type { GpuSource } from "./source.ts";
import { systeminformation } from "./systeminformation.ts";
import { xpuSmi } from "./xpu-smi.ts";

export const SOURCES: readonly (readonly GpuSource[])[] = [
  [nvidiaSmi],
  [amdSmi, rocmSmi],
  [amdgpu],
  [systemProfiler],
  [xpuSmi],
  [intelDrm],
];

/** Asked when no other source named a card. */
export const LAST_RESORT: readonly GpuSource[] = [systeminformation];
