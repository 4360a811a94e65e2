// A proof's product on the device: B is made there from the seed once, rows of A as they are asked for.

import type { ExactProduct } from "../../matrix/kernels.ts";
import { BLOCK, type Stream, streamOf } from "../../matrix/philox.ts";
import type { ExactSpec } from "../engine.ts";
import { BufferUse } from "./constants.ts";
import type { Device } from "./device.ts";
import { TILE } from "./gemm-kernel.ts";
import type { Kernel } from "./kernel.ts";
import { Panels } from "./panels.ts";
import { BLOCKS_PER_GROUP } from "./philox-kernel.ts";
import { planOf } from "./plan.ts";

/** A block's ten rounds and eight words take about as long as this many multiply-adds. */
const BLOCK_WORK = 256;

export interface ExactKernels {
  readonly gemm: Kernel;
  readonly philox: Kernel;
}

/** A part of a matrix, `blocks` wide: the listed rows, from block `start` on. */
interface Part {
  readonly stream: Stream;
  readonly rows: Uint32Array;
  readonly start: number;
  readonly blocks: number;
}

export async function openExact(
  device: Device,
  { gemm, philox }: ExactKernels,
  { seed, k, n, maxRows }: ExactSpec,
  signal: AbortSignal,
): Promise<ExactProduct> {
  const plan = planOf(maxRows, k, n, 4, device.largestBuffer);
  const panels = new Panels(device, plan);
  const make = (target: GPUBuffer, part: Part, stop: AbortSignal) => makeEntries(device, philox, target, part, stop);
  try {
    const stream = streamOf(seed, "B");
    const rows = Uint32Array.from({ length: k }, (_, row) => row);
    for (const { buffer, column, across } of panels.b) {
      const part = { stream, rows, start: column / BLOCK, blocks: (across * TILE) / BLOCK };
      await make(buffer, part, signal);
    }
  } catch (error) {
    panels.close();
    throw error;
  }
  const stream = streamOf(seed, "A");
  return {
    rows: (indices, stop) =>
      device.call(stop, async () => {
        const values = new Int32Array(indices.length * n);
        let computeMs = 0;
        for (let done = 0; done < indices.length; done += plan.rows) {
          const rows = indices.slice(done, done + plan.rows);
          await make(panels.a, { stream, rows, start: 0, blocks: plan.depth / BLOCK }, stop);
          computeMs += await panels.multiply(gemm, rows.length, values, n, done, stop);
        }
        return { values, computeMs };
      }),
    close: () => panels.close(),
  };
}

async function makeEntries(
  device: Device,
  philox: Kernel,
  target: GPUBuffer,
  part: Part,
  signal: AbortSignal,
): Promise<void> {
  const { stream, rows, start, blocks } = part;
  const list = device.gpu.createBuffer({ size: rows.byteLength, usage: BufferUse.STORAGE | BufferUse.COPY_DST });
  try {
    device.gpu.queue.writeBuffer(list, 0, rows);
    const task = {
      uniforms: [blocks, rows.length, start, ...stream.key, ...stream.tail],
      buffers: [list, target],
      groups: Math.ceil((rows.length * blocks) / BLOCKS_PER_GROUP),
      groupWork: BLOCKS_PER_GROUP * BLOCK_WORK,
    };
    await philox.run(task, signal);
  } finally {
    list.destroy();
  }
}
