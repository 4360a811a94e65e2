// The webgpu engine: matrices multiplied on the GPU by way of Vulkan, Metal or Direct3D 12, with no toolkit installed.
import type { ComputeDevice, Precision } from "../../core/compute.ts";
import { EngineError } from "../../core/compute.ts";
import type { ExactProduct, Multiplied, Product } from "../../matrix/kernels.ts";
import type { EngineFamily, EngineOptions, ExactSpec, MatmulEngine } from "../engine.ts";
import { findAdapter } from "./adapter.ts";
import { Device } from "./device.ts";
import { openExact } from "./exact.ts";
import { float32Kernel, int8Kernel } from "./gemm-kernel.ts";
import { Kernel } from "./kernel.ts";
import { withWebgpu } from "./library.ts";
import { multiplyOn } from "./multiply.ts";
import { philoxKernel } from "./philox-kernel.ts";

export const webgpu: EngineFamily = {
  kind: "webgpu",
  open({ softwareAdapter }: EngineOptions) {
    return withWebgpu(async (gpu) => {
      const { adapter, device } = await findAdapter(gpu, softwareAdapter);
      const packed = gpu.wgslLanguageFeatures.has("packed_4x8_integer_dot_product");
      return [new WebgpuEngine(device, await Device.open(adapter), packed)];
    });
  },
};

type Code = Readonly<Record<"float32" | "int8" | "philox", string>>;

class WebgpuEngine implements MatmulEngine {
  readonly kind = "webgpu";
  readonly device: ComputeDevice;
  /** WGSL has no float64. */
  readonly precisions: readonly Precision[] = ["float32", "int8"];
  readonly #device: Device;
  readonly #code: Code;
  readonly #compiled: Partial<Record<keyof Code, Kernel>> = {};

  constructor(description: ComputeDevice, device: Device, packed: boolean) {
    this.device = description;
    this.#device = device;
    this.#code = { float32: float32Kernel, int8: int8Kernel(packed), philox: philoxKernel };
  }

  async multiply(product: Product, signal: AbortSignal): Promise<Multiplied> {
    const { precision } = product;
    if (precision === "float64")
      throw new EngineError("engine_precision", 400, "WebGPU computes in float32 and int8, not in float64");
    return this.#device.call(signal, async () =>
      multiplyOn(this.#device, await this.#kernel(precision), product, signal),
    );
  }

  exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct> {
    return this.#device.call(signal, async () => {
      const kernels = { gemm: await this.#kernel("int8"), philox: await this.#kernel("philox") };
      return openExact(this.#device, kernels, spec, signal);
    });
  }

  close(): void {
    this.#device.close();
  }

  async #kernel(name: keyof Code): Promise<Kernel> {
    this.#compiled[name] ??= await Kernel.compile(this.#device, this.#code[name]);
    return this.#compiled[name];
  }
}
