// Metrics of the GPUs, under the Go node's names; a figure that the vendor's tool does not give has no series.
import { Gauge, type Registry } from "prom-client";
import type { GpuStats } from "../../core/gpu.ts";

const BYTES_PER_MB = 1024 * 1024;

/** @param latest the last reading, without waiting for a new one */
export function gpuMetrics(register: Registry, latest: () => readonly GpuStats[]): void {
  const gauge = (name: string, help: string, value: (gpu: GpuStats) => number | undefined) =>
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
  gauge("gpu_utilization_percent", "How busy the GPU is.", (gpu) => gpu.utilizationGpuPct);
  gauge("gpu_memory_used_bytes", "Memory of the GPU in use.", (gpu) =>
    gpu.vramUsedMb === undefined ? undefined : gpu.vramUsedMb * BYTES_PER_MB,
  );
}
