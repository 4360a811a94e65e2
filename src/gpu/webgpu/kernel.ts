// A compute kernel whose work is handed to the device in slices: short enough for an abort to be seen and for the drivers'
// watchdogs (2 s on Windows), long enough that the gaps between them do not count.
import { BufferUse } from "./constants.ts";
import type { Device } from "./device.ts";

const SLICE_MS = 50;
/** Work of the first slice, in multiply-adds, before the device's speed is known: 0.1 s on the slowest of devices. */
const FIRST_SLICE = 2 ** 23;
/** How much longer or shorter the next slice may be than the last. */
const MAX_CHANGE = 8;
/** WebGPU's own limit for workgroups in one dimension. */
const MAX_GROUPS = 65_535;
/** Bytes for a kernel's uniforms. */
const UNIFORMS = 64;

/** Kernels find the slice's first workgroup in their first uniform, and the buffers from binding 1 on. */
export interface Task {
  readonly uniforms: readonly number[];
  readonly buffers: readonly GPUBuffer[];
  readonly groups: number;
  /** Multiply-adds of one workgroup, or what takes as long. */
  readonly groupWork: number;
}

export class Kernel {
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  readonly #layout: GPUBindGroupLayout;
  readonly #uniforms: GPUBuffer;
  #sliceWork = FIRST_SLICE;

  private constructor(device: Device, pipeline: GPUComputePipeline) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#layout = pipeline.getBindGroupLayout(0);
    this.#uniforms = device.gpu.createBuffer({ size: UNIFORMS, usage: BufferUse.UNIFORM | BufferUse.COPY_DST });
  }

  static async compile(device: Device, code: string): Promise<Kernel> {
    const module = device.gpu.createShaderModule({ code });
    const pipeline = await device.gpu.createComputePipelineAsync({
      layout: "auto",
      compute: { module, entryPoint: "main" },
    });
    module.destroy();
    return new Kernel(device, pipeline);
  }

  /** @returns milliseconds that the device worked */
  async run({ uniforms, buffers, groups, groupWork }: Task, signal: AbortSignal): Promise<number> {
    const { gpu, stopwatch } = this.#device;
    const bindings = gpu.createBindGroup({
      layout: this.#layout,
      entries: [this.#uniforms, ...buffers].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    try {
      let total = 0;
      for (let first = 0; first < groups; ) {
        signal.throwIfAborted();
        const wanted = Math.min(Math.max(1, Math.floor(this.#sliceWork / groupWork)), MAX_GROUPS);
        const count = Math.min(wanted, groups - first);
        gpu.queue.writeBuffer(this.#uniforms, 0, Uint32Array.of(first, ...uniforms));
        const ms = await stopwatch.run((pass) => {
          pass.setPipeline(this.#pipeline);
          pass.setBindGroup(0, bindings);
          pass.dispatchWorkgroups(count);
        });
        this.#device.check();
        if (count === wanted || ms > SLICE_MS) this.#pace(count * groupWork, ms);
        total += ms;
        first += count;
      }
      return total;
    } finally {
      bindings.destroy();
    }
  }

  #pace(work: number, ms: number): void {
    this.#sliceWork = work * Math.min(MAX_CHANGE, Math.max(1 / MAX_CHANGE, SLICE_MS / ms));
  }
}
