// Submits a compute pass, waits for its end and says how long the device took.
import { BufferUse, MAP_READ_MODE } from "./constants.ts";

/** Two timestamps of 8 bytes: begin and end of the pass. */
const STAMPS = 16;

export class Stopwatch {
  readonly #gpu: GPUDevice;
  readonly #stamps: { set: GPUQuerySet; resolved: GPUBuffer; readable: GPUBuffer } | undefined;

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
    if (!gpu.features.has("timestamp-query")) return;
    this.#stamps = {
      set: gpu.createQuerySet({ type: "timestamp", count: 2 }),
      resolved: gpu.createBuffer({ size: STAMPS, usage: BufferUse.QUERY_RESOLVE | BufferUse.COPY_SRC }),
      readable: gpu.createBuffer({ size: STAMPS, usage: BufferUse.MAP_READ | BufferUse.COPY_DST }),
    };
  }

  /**
   * @returns milliseconds by the device's own timestamps; without them, or where the pass was shorter than what Dawn rounds
   * them to (0.1 ms), the time from the submission to its end as seen from here
   */
  async run(record: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const stamps = this.#stamps;
    const encoder = this.#gpu.createCommandEncoder();
    const pass = encoder.beginComputePass(
      stamps && { timestampWrites: { querySet: stamps.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } },
    );
    record(pass);
    pass.end();
    if (stamps) {
      encoder.resolveQuerySet(stamps.set, 0, 2, stamps.resolved, 0);
      encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.readable, 0, STAMPS);
    }
    const commands = encoder.finish();
    const started = performance.now();
    this.#gpu.queue.submit([commands]);
    commands._destroy();
    await this.#gpu.queue.onSubmittedWorkDone();
    const seen = performance.now() - started;
    const measured = stamps ? await elapsed(stamps.readable) : 0;
    return measured > 0 ? Math.min(measured, seen) : seen;
  }
}

async function elapsed(stamps: GPUBuffer): Promise<number> {
  await stamps.mapAsync(MAP_READ_MODE);
  const [begin = 0n, end = 0n] = new BigUint64Array(stamps.getMappedRange());
  stamps.unmap();
  return Number(end - begin) / 1e6;
}
