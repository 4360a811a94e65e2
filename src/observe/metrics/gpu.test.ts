import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import type { GpuStats } from "../../core/gpu.ts";
import { gpuMetrics } from "./gpu.ts";

test("figures under the Go node's names and ours; what is not known has no series, a card that is gone neither", async () => {
  const register = new Registry();
  let gpus: GpuStats[] = [
    {
      name: "H200",
      vendor: "nvidia",
      utilizationGpuPct: 50,
      vramUsedMb: 2,
      vramTotalMb: 4,
      temperatureC: 40,
      powerW: 70.5,
    },
    { name: "Arc", vendor: "intel" },
    { name: "Idle", vendor: "amd", utilizationGpuPct: 0 },
  ];
  gpuMetrics(register, () => gpus);
  const text = await register.metrics();
  expect(text.split("\n").filter((line) => line.includes(`"H200"`))).toEqual([
    `gpu_utilization_percent{gpu="0",name="H200"} 50`,
    `gpu_memory_used_bytes{gpu="0",name="H200"} 2097152`,
    `fxn_gpu_utilization_ratio{gpu="0",name="H200"} 0.5`,
    `fxn_gpu_memory_used_bytes{gpu="0",name="H200"} 2097152`,
    `fxn_gpu_memory_total_bytes{gpu="0",name="H200"} 4194304`,
    `fxn_gpu_temperature_celsius{gpu="0",name="H200"} 40`,
    `fxn_gpu_power_watts{gpu="0",name="H200"} 70.5`,
  ]);
  expect(text).toContain(`fxn_gpu_utilization_ratio{gpu="2",name="Idle"} 0`);
  expect(text).not.toContain("Arc");
  gpus = [];
  expect(await register.metrics()).not.toContain("H200");
});
