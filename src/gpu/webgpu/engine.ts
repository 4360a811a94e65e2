// The webgpu engine: matrices multiplied on the GPU by way of Vulkan, Metal or Direct3D 12, with no toolkit installed.
import type { ComputeDevice, Precision } from "../../core/compute.ts";
import {
  EngineError,
  type EngineFamily,
  type EngineOptions,
  type ExactProduct,
  type ExactSpec,
  type MatmulEngine,
  type Multiplied,
  type Product,
} from "../engine.ts";
import { findAdapter } from "./adapter.ts";
import { Device } from "./device.ts";
import { openExact } from "./exact.ts";
import { float32Kernel, int8Kernel, TILE } from "./gemm-kernel.ts";
import { Kernel } from "./kernel.ts";
import { loadWebgpu } from "./library.ts";
import { Panels } from "./panels.ts";
import { philoxKernel } from "./philox-kernel.ts";
import { planOf } from "./plan.ts";

export const webgpu: EngineFamily = {
  kind: "webgpu",
  async open({ softwareAdapter }: EngineOptions) {
    const gpu = await loadWebgpu();
    const { adapter, device } = await findAdapter(gpu, softwareAdapter);
    const packed = gpu.wgslLanguageFeatures.has("packed_4x8_integer_dot_product");
    return [await WebgpuEngine.open(device, await Device.open(adapter), packed)];
  },
};

interface Kernels {
  readonly float32: Kernel;
  readonly int8: Kernel;
  readonly philox: Kernel;
}

class WebgpuEngine implements MatmulEngine {
  readonly kind = "webgpu";
  readonly device: ComputeDevice;
  /** WGSL has no float64. */
  readonly precisions: readonly Precision[] = ["float32", "int8"];
  readonly #device: Device;
  readonly #kernels: Kernels;

  private constructor(description: ComputeDevice, device: Device, kernels: Kernels) {
    this.device = description;
    this.#device = device;
    this.#kernels = kernels;
  }

  static async open(description: ComputeDevice, device: Device, packed: boolean): Promise<WebgpuEngine> {
    const kernels = await device.call(new AbortController().signal, async () => ({
      float32: await Kernel.compile(device, float32Kernel),
      int8: await Kernel.compile(device, int8Kernel(packed)),
      philox: await Kernel.compile(device, philoxKernel),
    }));
    return new WebgpuEngine(description, device, kernels);
  }

  async multiply({ precision, m, k, n, a, b }: Product, signal: AbortSignal): Promise<Multiplied> {
    if (precision === "float64")
      throw new EngineError("engine_precision", 400, "WebGPU computes in float32 and int8, not in float64");
    return this.#device.call(signal, async () => {
      const plan = planOf(m, k, n, precision === "int8" ? 4 : 1, this.#device.largestBuffer);
      const panels = new Panels(this.#device, plan);
      try {
        for (const { buffer, column, columns, across } of panels.b) {
          const cutting = { matrix: b, pitch: n, row: 0, rows: k, column, columns };
          await panels.upload(buffer, across * TILE, cutting, signal);
        }
        const c = precision === "int8" ? new Int32Array(m * n) : new Float32Array(m * n);
        let computeMs = 0;
        for (let row = 0; row < m; row += plan.rows) {
          const rows = Math.min(plan.rows, m - row);
          await panels.upload(panels.a, plan.depth, { matrix: a, pitch: k, row, rows, column: 0, columns: k }, signal);
          computeMs += await panels.multiply(this.#kernels[precision], rows, c, n, row, signal);
        }
        return { c, computeMs };
      } finally {
        panels.close();
      }
    });
  }

  exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct> {
    const { int8: gemm, philox } = this.#kernels;
    return this.#device.call(signal, () => openExact(this.#device, { gemm, philox }, spec, signal));
  }

  close(): void {
    this.#device.close();
  }
}
