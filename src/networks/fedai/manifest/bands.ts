// The network's bands of what a machine has; where a fact is not known, the lower band is said.
import { availableParallelism, totalmem } from "node:os";
import type { GpuStats } from "../../../core/gpu.ts";

export interface Bands {
  readonly cpu: "cpu_low" | "cpu_mid" | "cpu_high";
  readonly ram: "ram_8" | "ram_16" | "ram_32" | "ram_64_plus";
  readonly disk: "disk_hdd" | "disk_ssd" | "disk_unknown";
  readonly net: "net_poor" | "net_ok" | "net_good";
  readonly gpu: "gpu_none" | "gpu_8gb" | "gpu_16gb" | "gpu_24gb_plus";
}

export interface MachineFacts {
  /** Logical ones. */
  readonly cpus: number;
  readonly memoryBytes: number;
}

export function thisMachine(): MachineFacts {
  return { cpus: availableParallelism(), memoryBytes: totalmem() };
}

export function bandsOf(
  { cpus, memoryBytes }: MachineFacts,
  gpus: readonly GpuStats[],
  told: { readonly disk: "unknown" | "hdd" | "ssd"; readonly net: "poor" | "ok" | "good" },
): Bands {
  // Two logical ones are taken for one core. The highest band wants AVX2 as well, of which nothing is known here.
  const cpu = cpus / 2 >= 8 ? "cpu_mid" : "cpu_low";
  // A machine of 16 GB says a little less than 16 GiB.
  const gib = Math.round(memoryBytes / 2 ** 30);
  const ram = gib >= 64 ? "ram_64_plus" : gib >= 32 ? "ram_32" : gib >= 16 ? "ram_16" : "ram_8";
  const vram = Math.max(0, ...gpus.map(({ vramTotalMb }) => vramTotalMb ?? 0));
  const gpu = vram < 1024 ? "gpu_none" : vram < 12_000 ? "gpu_8gb" : vram < 20_000 ? "gpu_16gb" : "gpu_24gb_plus";
  return { cpu, ram, disk: `disk_${told.disk}`, net: `net_${told.net}`, gpu };
}
