// Multiplies matrices that are on the device: float32 by cuBLAS where there is one, all else by our kernels.
import type { Clock } from "../../core/clock.ts";
import type { Precision } from "../../core/compute.ts";
import type { Context } from "./context.ts";
import type { Cublas } from "./cublas.ts";
import type { Kernels } from "./kernels.ts";
import type { Layout, Matrices } from "./layout.ts";
import { Pace } from "./pace.ts";
import { runInParts, type Work } from "./parts.ts";

/** Multiplications and additions of one multiprocessor in a millisecond: 128 cores at 1 GHz. */
const MULTIPROCESSOR_OPERATIONS = 2 * 128 * 1e6;
/** How much slower the slowest devices are in it than in float32. */
const SLOWER: Readonly<Record<Precision, number>> = { float64: 64, float32: 1, int8: 1 };
/** The registers of a multiprocessor are enough for two blocks. */
const BLOCKS_PER_MULTIPROCESSOR = 2;

/** The rows of C that cuBLAS is given are a multiple of it: its own tiles are no larger. */
const PANEL_ROWS = 256;

export interface MultiplierParts {
  readonly context: Context;
  readonly clock: Clock;
  readonly kernels: Kernels;
  readonly cublas: Cublas | undefined;
  readonly multiprocessors: number;
}

export class Multiplier {
  readonly #parts: MultiplierParts;
  readonly #paces: Readonly<Record<Precision, Pace>>;

  constructor(parts: MultiplierParts) {
    this.#parts = parts;
    const pace = (precision: Precision) =>
      new Pace((parts.multiprocessors * MULTIPROCESSOR_OPERATIONS) / SLOWER[precision]);
    this.#paces = { float64: pace("float64"), float32: pace("float32"), int8: pace("int8") };
  }

  /** @returns milliseconds of the multiplication alone */
  multiply(layout: Layout, matrices: Matrices, signal: AbortSignal): Promise<number> {
    const { context, clock, cublas } = this.#parts;
    const work =
      // cuBLAS sums float64 in an order of its own: the Go node's hash of the printed values would not agree.
      cublas && layout.precision === "float32"
        ? panelsByCublas(cublas, layout, matrices)
        : this.#tilesByKernel(layout, matrices);
    return runInParts(context, clock, work, this.#paces[layout.precision], signal);
  }

  #tilesByKernel(layout: Layout, { a, b, c }: Matrices): Work {
    const { padded, tile, kernel, perWord } = layout;
    const tileRows = padded.m / tile;
    return {
      pieces: tileRows * (padded.n / tile),
      operationsPerPiece: 2 * tile * tile * padded.k,
      leastPieces: BLOCKS_PER_MULTIPROCESSOR * this.#parts.multiprocessors,
      launch: (first, count) =>
        this.#parts.kernels.launch(kernel, count, [a, b, c, tileRows, padded.n, padded.k / perWord, first]),
    };
  }
}

function panelsByCublas(cublas: Cublas, layout: Layout, matrices: Matrices): Work {
  const { m, k, n } = layout.shape;
  return {
    pieces: Math.ceil(m / PANEL_ROWS),
    operationsPerPiece: 2 * PANEL_ROWS * k * n,
    leastPieces: 1,
    launch(first, count) {
      const row = first * PANEL_ROWS;
      cublas.multiply(layout, matrices, row, Math.min(count * PANEL_ROWS, m - row));
    },
  };
}
