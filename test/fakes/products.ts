// Products with entries that every precision can multiply exactly, and their results by the schoolbook.
import type { Precision, Shape } from "../../src/core/compute.ts";
import type { Operand, Product, Result } from "../../src/gpu/engine.ts";

const OPERANDS = { float64: Float64Array, float32: Float32Array, int8: Int8Array };
const RESULTS = { float64: Float64Array, float32: Float32Array, int8: Int32Array };

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
