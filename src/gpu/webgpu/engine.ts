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
import { float32Kernel, int8Kernel } from "./gemm-kernel.ts";
import { Kernel } from "./kernel.ts";
import { loadWebgpu } from "./library.ts";
import { multiplyOn } from "./multiply.ts";
import { philoxKernel } from "./philox-kernel.ts";

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

  async multiply(product: Product, signal: AbortSignal): Promise<Multiplied> {
    const { precision } = product;
    if (precision === "float64")
      throw new EngineError("engine_precision", 400, "WebGPU computes in float32 and int8, not in float64");
    return this.#device.call(signal, () => multiplyOn(this.#device, this.#kernels[precision], product, signal));
  }

  exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct> {
    const { int8: gemm, philox } = this.#kernels;
    return this.#device.call(signal, () => openExact(this.#device, { gemm, philox }, spec, signal));
  }

  close(): void {
    this.#device.close();
  }
}
