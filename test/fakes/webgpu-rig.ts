// Tests of the webgpu engine: on SwiftShader, or skipped by a name that says why; and products by plain JavaScript.
import { describe } from "bun:test";
import { findAdapter } from "../../src/gpu/webgpu/adapter.ts";
import { Device } from "../../src/gpu/webgpu/device.ts";
import { withWebgpu } from "../../src/gpu/webgpu/library.ts";
import type { Operand } from "../../src/matrix/kernels.ts";
import { swiftshader } from "./swiftshader.ts";

const shader = await swiftshader();
/** Empty where there is no SwiftShader. */
export const environment = typeof shader === "string" ? {} : shader.environment;
export const signal = new AbortController().signal;

/** Gives `tests` a process in which Vulkan is SwiftShader. */
export function onSwiftShader(name: string, tests: () => void): void {
  if (typeof shader === "string") {
    describe.skip(`${name} (no SwiftShader: ${shader})`, tests);
  } else {
    shader.use();
    describe(name, tests);
  }
}

export async function openDevice(): Promise<Device> {
  const { adapter } = await withWebgpu((gpu) => findAdapter(gpu, true));
  return Device.open(adapter);
}

/** Does `work` while the device's buffers seem to end at `largestBuffer` bytes, so that products are cut. */
export async function withBuffers(device: Device, largestBuffer: number, work: () => Promise<void>): Promise<void> {
  const own = device.largestBuffer;
  Object.assign(device, { largestBuffer });
  await work().finally(() => Object.assign(device, { largestBuffer: own }));
}

/** Counts the buffers that are made on it from now on and not destroyed yet. */
export function countBuffers({ gpu }: Device): () => number {
  let alive = 0;
  const createBuffer = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    alive++;
    buffer.destroy = () => {
      alive--;
      return destroy();
    };
    return buffer;
  };
  return () => alive;
}

export function product(a: Operand, b: Operand, m: number, k: number, n: number): number[] {
  const sum = (row: number, column: number) => {
    let total = 0;
    for (let i = 0; i < k; i++) total += (a[row * k + i] ?? 0) * (b[i * n + column] ?? 0);
    return total;
  };
  return Array.from({ length: m * n }, (_, at) => sum(Math.floor(at / n), at % n));
}
