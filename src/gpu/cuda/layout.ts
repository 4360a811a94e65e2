// How a product's matrices lie on the device: padded, so that the kernels need no guards.
import type { Precision, Shape } from "../../core/compute.ts";
import type { KernelName } from "./kernels.ts";

/** What kernels.cu says of its template, for each type; all in elements. */
interface Format {
  readonly kernel: KernelName;
  readonly operandBytes: number;
  readonly resultBytes: number;
  /** Rows and columns of a tile of C; one block of threads makes it. */
  readonly tile: number;
  /** k is a multiple of it. */
  readonly step: number;
  /** Elements along k that are one operand of the kernel. */
  readonly perWord: number;
}

const FORMATS: Readonly<Record<Precision, Format>> = {
  float64: { kernel: "multiply_float64", operandBytes: 8, resultBytes: 8, tile: 64, step: 8, perWord: 1 },
  float32: { kernel: "multiply_float32", operandBytes: 4, resultBytes: 4, tile: 128, step: 8, perWord: 1 },
  int8: { kernel: "multiply_int8", operandBytes: 1, resultBytes: 4, tile: 128, step: 32, perWord: 4 },
};

export interface Layout extends Format {
  readonly precision: Precision;
  /** As asked for. */
  readonly shape: Shape;
  /** With the padding. */
  readonly padded: Shape;
  readonly aBytes: number;
  readonly bBytes: number;
  readonly cBytes: number;
}

/** Addresses on the device. */
export interface Matrices {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
}

export function layoutOf(precision: Precision, shape: Shape): Layout {
  const format = FORMATS[precision];
  const padded = {
    m: roundUp(shape.m, format.tile),
    k: roundUp(shape.k, format.step),
    n: roundUp(shape.n, format.tile),
  };
  return {
    ...format,
    precision,
    shape,
    padded,
    aBytes: padded.m * padded.k * format.operandBytes,
    bBytes: padded.k * padded.n * format.operandBytes,
    cBytes: padded.m * padded.n * format.resultBytes,
  };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
