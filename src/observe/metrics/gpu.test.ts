import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import type { GpuStats } from "../../core/gpu.ts";
import { gpuMetrics } from "./gpu.ts";

const UNKNOWN: GpuStats = {
  name: "Arc",
  driverVersion: undefined,
  vramTotalMb: undefined,
  vramUsedMb: undefined,
  vramFreeMb: undefined,
  utilizationGpuPct: undefined,
  utilizationMemPct: undefined,
  unifiedMemory: undefined,
};

test("figures under the Go node's names; what is not known has no series, a card that is gone neither", async () => {
  const register = new Registry();
  let gpus: GpuStats[] = [{ ...UNKNOWN, name: "H200", utilizationGpuPct: 0, vramUsedMb: 2 }, UNKNOWN];
  gpuMetrics(register, () => gpus);
  const text = await register.metrics();
  expect(text).toContain(`gpu_utilization_percent{gpu="0",name="H200"} 0`);
  expect(text).toContain(`gpu_memory_used_bytes{gpu="0",name="H200"} 2097152`);
  expect(text).not.toContain("Arc");
  gpus = [];
  expect(await register.metrics()).not.toContain("H200");
});
