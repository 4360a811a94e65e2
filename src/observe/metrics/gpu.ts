// Metrics of the GPUs, also under the Go node's names; a figure that no source gives has no series.
import { Gauge, type Registry } from "prom-client";
import type { GpuStats } from "../../core/gpu.ts";

const BYTES_PER_MIB = 1024 * 1024;

type Figure = (gpu: GpuStats) => number | undefined;
const memoryUsed: Figure = ({ vramUsedMb }) => bytes(vramUsedMb);

/** Name, help and value. The first two are the Go node's. */
const GAUGES: readonly (readonly [string, string, Figure])[] = [
  ["gpu_utilization_percent", "How busy the GPU is.", (gpu) => gpu.utilizationGpuPct],
  ["gpu_memory_used_bytes", "Memory of the GPU in use.", memoryUsed],
  ["fxn_gpu_utilization_ratio", "How busy the GPU is, 0 to 1.", ({ utilizationGpuPct: pct }) => pct && pct / 100],
  ["fxn_gpu_memory_used_bytes", "Memory of the GPU in use.", memoryUsed],
  ["fxn_gpu_memory_total_bytes", "Memory that the GPU has.", ({ vramTotalMb }) => bytes(vramTotalMb)],
  ["fxn_gpu_temperature_celsius", "Temperature of the GPU.", (gpu) => gpu.temperatureC],
  ["fxn_gpu_power_watts", "What the GPU draws.", (gpu) => gpu.powerW],
];

/** @param latest the last reading, without waiting for a new one */
export function gpuMetrics(register: Registry, latest: () => readonly GpuStats[]): void {
  for (const [name, help, value] of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ["gpu", "name"],
      registers: [register],
      collect() {
        this.reset();
        for (const [index, gpu] of latest().entries()) {
          const figure = value(gpu);
          if (figure !== undefined) this.set({ gpu: index, name: gpu.name }, figure);
        }
      },
    });
  }
}

function bytes(mib: number | undefined): number | undefined {
  return mib === undefined ? undefined : mib * BYTES_PER_MIB;
}
