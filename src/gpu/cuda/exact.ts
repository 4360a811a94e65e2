// A proof's product: B made on the device from the seed and kept there, rows of A made as they are asked for.

import type { ExactProduct } from "../../matrix/kernels.ts";
import { BLOCK, type Stream, streamOf } from "../../matrix/philox.ts";
import type { ExactSpec } from "../engine.ts";
import { Buffers } from "./buffers.ts";
import { download, upload } from "./copy.ts";
import { THREADS } from "./kernels.ts";
import { layoutOf, type Matrices } from "./layout.ts";
import type { Multiplier, MultiplierParts } from "./multiplier.ts";
import { releaseQuietly, releasing } from "./release.ts";
import { until, untilUnused } from "./waiting.ts";

const INDEX_BYTES = 4;

export class CudaExact implements ExactProduct {
  readonly #parts: MultiplierParts;
  readonly #multiplier: Multiplier;
  readonly #spec: ExactSpec;
  readonly #memory: Buffers;
  readonly #matrices: Matrices;
  readonly #indices: bigint;

  /** Takes the memory; B is not there yet. @throws EngineError "engine_memory" */
  private constructor(parts: MultiplierParts, multiplier: Multiplier, spec: ExactSpec) {
    this.#parts = parts;
    this.#multiplier = multiplier;
    this.#spec = spec;
    const { aBytes, bBytes, cBytes } = this.#layout(spec.maxRows);
    const indexBytes = INDEX_BYTES * spec.maxRows;
    this.#memory = new Buffers(parts.context, aBytes + bBytes + cBytes + indexBytes);
    try {
      this.#matrices = { a: this.#memory.add(aBytes), b: this.#memory.add(bBytes), c: this.#memory.add(cBytes) };
      this.#indices = this.#memory.add(indexBytes);
    } catch (error) {
      releaseQuietly(() => this.close());
      throw error;
    }
  }

  /** @throws EngineError, or the signal's reason */
  static async open(
    parts: MultiplierParts,
    multiplier: Multiplier,
    spec: ExactSpec,
    signal: AbortSignal,
  ): Promise<CudaExact> {
    signal.throwIfAborted();
    const exact = new CudaExact(parts, multiplier, spec);
    try {
      exact.#makeB();
      await until(parts.clock, () => parts.context.idle(), signal);
      return exact;
    } catch (error) {
      await exact.#unused();
      releaseQuietly(() => exact.close());
      throw error;
    }
  }

  /** @throws EngineError, the signal's reason, RangeError for more than maxRows indices */
  async rows(indices: Uint32Array, signal: AbortSignal): Promise<{ values: Int32Array; computeMs: number }> {
    const rows = indices.length;
    if (rows > this.#spec.maxRows) throw new RangeError(`${rows} rows at once, room for ${this.#spec.maxRows}`);
    signal.throwIfAborted();
    if (rows === 0) return { values: new Int32Array(0), computeMs: 0 };

    const { context } = this.#parts;
    const layout = this.#layout(rows);
    const run = async () => {
      const bytes = INDEX_BYTES * rows;
      await upload(
        context,
        { host: indices, rowBytes: bytes, rows: 1, device: this.#indices, pitch: bytes },
        1,
        signal,
      );
      this.#makeA(rows);
      const computeMs = await this.#multiplier.multiply(layout, this.#matrices, signal);
      const values = new Int32Array(rows * this.#spec.n);
      const { resultBytes, shape, padded } = layout;
      const copy = { host: values, rowBytes: shape.n * resultBytes, device: this.#matrices.c };
      await download(context, { ...copy, rows, pitch: padded.n * resultBytes }, signal);
      return { values, computeMs };
    };
    return releasing(run, () => this.#unused());
  }

  /** May be called again. */
  close(): void {
    this.#memory.free();
  }

  #layout(rows: number) {
    const { k, n } = this.#spec;
    return layoutOf("int8", { m: rows, k, n });
  }

  #makeA(rows: number): void {
    const { seed } = this.#spec;
    const blocks = this.#layout(rows).padded.k / BLOCK;
    this.#make("entries_a", rows * blocks, [this.#matrices.a, this.#indices, blocks], streamOf(seed, "A"));
  }

  #makeB(): void {
    const { seed, k } = this.#spec;
    const { padded } = this.#layout(1);
    const blocks = padded.n / BLOCK;
    this.#make("entries_b", (padded.k / 4) * blocks, [this.#matrices.b, k, blocks], streamOf(seed, "B"));
  }

  #make(kernel: "entries_a" | "entries_b", count: number, values: readonly (bigint | number)[], { tail, key }: Stream) {
    this.#parts.kernels.launch(kernel, Math.ceil(count / THREADS), [...values, count, ...tail, ...key]);
  }

  #unused(): Promise<void> {
    return untilUnused(this.#parts.clock, this.#parts.context);
  }
}
