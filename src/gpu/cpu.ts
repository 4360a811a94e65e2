// The CPU as a matmul engine: the compiled kernels on all cores, or WebAssembly on one.
import { cpus, totalmem } from "node:os";
import type { ComputeDevice } from "../core/compute.ts";
import type { Kernels } from "../matrix/kernels.ts";
import { loadKernels } from "../matrix/load.ts";
import { streamOf } from "../matrix/philox.ts";
import type { EngineFamily, MatmulEngine } from "./engine.ts";

export const cpuEngines: EngineFamily = {
  kind: "cpu",
  async open({ threads }) {
    const { kernels } = await loadKernels();
    return [cpuEngine(kernels, threads)];
  },
};

export function cpuEngine(kernels: Kernels, threads: number): MatmulEngine {
  return {
    kind: "cpu",
    device: device(kernels.simd),
    precisions: ["float64", "float32", "int8"],
    multiply: (product, signal) => kernels.multiply(product, threads, signal),
    exact: ({ seed, k, n }, signal) =>
      kernels.exact({ a: streamOf(seed, "A"), b: streamOf(seed, "B"), k, n }, threads, signal),
    close() {
      // Nothing is held between products.
    },
  };
}

function device(api: string): ComputeDevice {
  return {
    name: cpus()[0]?.model.trim() || "CPU",
    api,
    memoryBytes: totalmem(),
    computeCapability: undefined,
    cudaCores: undefined,
    cudaVersion: undefined,
    driverVersion: undefined,
  };
}
