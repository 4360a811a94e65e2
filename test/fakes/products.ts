// Products with entries that every precision can multiply exactly, and their results by the schoolbook.
import type { Precision, Shape } from "../../src/core/compute.ts";
import type { ExactSpec } from "../../src/gpu/engine.ts";
import type { Operand, Product, Result } from "../../src/matrix/kernels.ts";
import { rowOf, streamOf } from "../../src/matrix/philox.ts";

const OPERANDS = { float64: Float64Array, float32: Float32Array, int8: Int8Array };
const RESULTS = { float64: Float64Array, float32: Float32Array, int8: Int32Array };

/** Smaller than a tile, exactly one, and with something over in every direction. */
export const ODD_SHAPES: readonly Shape[] = [
  { m: 1, k: 1, n: 1 },
  { m: 128, k: 8, n: 128 },
  { m: 128, k: 9, n: 128 },
  { m: 130, k: 70, n: 150 },
  { m: 3, k: 257, n: 129 },
  { m: 1100, k: 9, n: 200 },
];

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** Entries of −128 to 127, the same for the same shape. */
export function productOf(precision: Precision, shape: Shape): Product {
  let state = shape.m * 31 + shape.k * 37 + shape.n;
  const fill = (length: number): Operand => {
    const entries = new OPERANDS[precision](length);
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      entries[i] = (state >>> 24) - 128;
    }
    return entries;
  };
  return { ...shape, precision, a: fill(shape.m * shape.k), b: fill(shape.k * shape.n) };
}

export function plainProduct({ precision, a, b, m, k, n }: Product): Result {
  const c = new RESULTS[precision](m * n);
  for (let i = 0; i < m; i++)
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l] ?? 0;
      for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] ?? 0) + factor * (b[l * n + j] ?? 0);
    }
  return c;
}

/** Rows of a proof's C by the definition of its entries. */
export function exactRows({ seed, k, n }: Pick<ExactSpec, "seed" | "k" | "n">, indices: Uint32Array): Int32Array {
  const b = new Int8Array(k * n);
  for (let row = 0; row < k; row++) b.set(rowOf(streamOf(seed, "B"), row, n), row * n);
  const a = new Int8Array(indices.length * k);
  indices.forEach((index, i) => {
    a.set(rowOf(streamOf(seed, "A"), index, k), i * k);
  });
  return Int32Array.from(plainProduct({ precision: "int8", a, b, m: indices.length, k, n }));
}
