// The buffers of one product on the device: all of B, and panels of the rows of A and C that pass through.
import type { Operand, Result } from "../../matrix/kernels.ts";
import { BufferUse, MAP_READ_MODE } from "./constants.ts";
import type { Device } from "./device.ts";
import { STEP, TILE } from "./gemm-kernel.ts";
import type { Kernel } from "./kernel.ts";
import { type ColumnPanel, type Plan, SUM_BYTES } from "./plan.ts";

/** Bytes handed to the driver at once: it keeps a copy until they have arrived, and the event loop waits for it. */
const CHUNK = 2 ** 24;
const INPUT = BufferUse.STORAGE | BufferUse.COPY_DST;

/** A rectangle of a row-major matrix whose rows have `pitch` entries. */
export interface Cutting {
  readonly matrix: Operand;
  readonly pitch: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

export class Panels {
  readonly plan: Plan;
  /** Fresh buffers hold zeros, so what no one writes adds nothing. */
  readonly a: GPUBuffer;
  readonly b: readonly (ColumnPanel & { readonly buffer: GPUBuffer })[];
  readonly #device: Device;
  readonly #c: GPUBuffer;
  readonly #readable: GPUBuffer;

  /** @throws EngineError "engine_memory" */
  constructor(device: Device, plan: Plan) {
    const make = (size: number, usage: number) => device.gpu.createBuffer({ size, usage });
    const widest = Math.max(...plan.panels.map(({ across }) => across * TILE));
    const sums = plan.rows * widest * SUM_BYTES;
    this.plan = plan;
    this.#device = device;
    this.a = make(plan.rows * plan.depth * plan.entryBytes, INPUT);
    this.b = plan.panels.map((panel) => ({
      ...panel,
      buffer: make(plan.depth * panel.across * TILE * plan.entryBytes, INPUT),
    }));
    this.#c = make(sums, BufferUse.STORAGE | BufferUse.COPY_SRC);
    this.#readable = make(sums, BufferUse.MAP_READ | BufferUse.COPY_DST);
    try {
      device.check();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Writes the cutting into the upper left corner of `target`, whose rows have `width` entries. */
  async upload(target: GPUBuffer, width: number, cutting: Cutting, signal: AbortSignal): Promise<void> {
    const { queue } = this.#device.gpu;
    const { matrix, pitch, row, rows, column, columns } = cutting;
    const { entryBytes } = this.plan;
    const stride = width * entryBytes;
    const source = new Uint8Array(matrix.buffer, matrix.byteOffset, matrix.byteLength);
    const chunkRows = Math.min(rows, Math.max(1, Math.floor(CHUNK / stride)));
    const chunk = new Uint8Array(chunkRows * stride);
    for (let done = 0; done < rows; done += chunkRows) {
      signal.throwIfAborted();
      const count = Math.min(chunkRows, rows - done);
      for (let r = 0; r < count; r++) {
        const from = ((row + done + r) * pitch + column) * entryBytes;
        chunk.set(source.subarray(from, from + columns * entryBytes), r * stride);
      }
      queue.writeBuffer(target, done * stride, chunk, 0, count * stride);
      await queue.onSubmittedWorkDone();
    }
  }

  /** Multiplies the first `rows` rows in `a` with all of B, into `out` (rows of `n`) from row `outRow` on. @returns ms */
  async multiply(
    gemm: Kernel,
    rows: number,
    out: Result,
    n: number,
    outRow: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { steps } = this.plan;
    let total = 0;
    for (const { buffer, column, columns, across } of this.b) {
      const task = {
        uniforms: [across, steps],
        buffers: [this.a, buffer, this.#c],
        groups: Math.ceil(rows / TILE) * across,
        groupWork: TILE * TILE * STEP * steps,
      };
      total += await gemm.run(task, signal);
      await this.#download(
        rows,
        columns,
        across * TILE,
        new Uint32Array(out.buffer, out.byteOffset + (outRow * n + column) * SUM_BYTES),
        n,
      );
    }
    return total;
  }

  /** Copies the bits of `rows` rows of C. */
  async #download(rows: number, columns: number, width: number, out: Uint32Array, pitch: number): Promise<void> {
    const { gpu } = this.#device;
    const size = rows * width * SUM_BYTES;
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#c, 0, this.#readable, 0, size);
    const commands = encoder.finish();
    gpu.queue.submit([commands]);
    commands._destroy();
    await this.#readable.mapAsync(MAP_READ_MODE, 0, size);
    const sums = new Uint32Array(this.#readable.getMappedRange(0, size));
    for (let r = 0; r < rows; r++) out.set(sums.subarray(r * width, r * width + columns), r * pitch);
    this.#readable.unmap();
  }

  close(): void {
    for (const buffer of [this.a, ...this.b.map((panel) => panel.buffer), this.#c, this.#readable]) buffer.destroy();
  }
}
