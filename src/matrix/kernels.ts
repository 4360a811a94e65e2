// The compiled kernels as JavaScript sees them: the same for the native library and for WebAssembly.
import { EngineError, type Precision, type Shape } from "../core/compute.ts";
import type { Stream } from "./philox.ts";

/** Row-major. A and B are of the precision's own type: Float64Array, Float32Array or Int8Array. */
export type Operand = Float64Array | Float32Array | Int8Array;
/** Row-major. Of the operands' type; Int32Array for int8. */
export type Result = Float64Array | Float32Array | Int32Array;

export interface Product extends Shape {
  readonly precision: Precision;
  readonly a: Operand;
  readonly b: Operand;
}

export interface Multiplied {
  readonly c: Result;
  /** The multiplication alone, without copies to and from the device. */
  readonly computeMs: number;
}

/** B of a proof, made and kept until it is closed. */
export interface ExactProduct {
  /** Rows of C with these indices, in this order, one after the other: indices.length × n. */
  rows(indices: Uint32Array, signal: AbortSignal): Promise<{ values: Int32Array; computeMs: number }>;
  close(): void;
}

export interface ProofSize {
  readonly a: Stream;
  readonly b: Stream;
  readonly k: number;
  readonly n: number;
}

export interface Opened {
  readonly rows: Uint32Array;
  /** One for each row, below 2^61 − 1. */
  readonly coefficients: BigUint64Array;
  /** rows.length × n. */
  readonly values: Int32Array;
}

/** Throws EngineError "engine_memory" where memory cannot be had, and the signal's reason once it has aborted. */
export interface Kernels {
  /** The set of instructions that is used: "avx2", "wasm simd128". */
  readonly simd: string;
  /** @param threads 0: as many as there are cores */
  multiply(product: Product, threads: number, signal: AbortSignal): Promise<Multiplied>;
  exact(size: ProofSize, threads: number, signal: AbortSignal): Promise<ExactProduct>;
  /** ASCII of `%.6f` of each value, as Go prints it, one after the other. Blocks; give it a few thousand at a time. */
  print6(values: Float64Array): Uint8Array;
  /** Freivalds' check of all opened rows together; the first wrong column, or undefined when there is none. Blocks. */
  wrongColumn(size: ProofSize, opened: Opened): number | undefined;
}

/** The numbers by which the C knows them. */
export const KIND: Readonly<Record<Precision, number>> = { float64: 0, float32: 1, int8: 2 };

/** Bytes that one printed value may have: 309 digits, sign, point and six decimals. */
export const PRINTED_BYTES = 320;

/** Key and counter tail of A, then of B. */
export function streamWords({ a, b }: ProofSize): Uint32Array {
  return Uint32Array.of(...a.key, ...a.tail, ...b.key, ...b.tail);
}

export function emptyResult({ precision, m, n }: Product): Result {
  if (precision === "float64") return room(Float64Array, m * n);
  return precision === "float32" ? room(Float32Array, m * n) : room(Int32Array, m * n);
}

/** An array of zeros; throws EngineError "engine_memory" where there is no memory for it. */
export function room<T>(kind: new (length: number) => T, length: number): T {
  try {
    return new kind(length);
  } catch {
    throw outOfMemory();
  }
}

/** What the C says of a check: −1 when all columns agree, −2 when there was no memory. */
export function columnOf(answer: number): number | undefined {
  if (answer === -2) throw outOfMemory();
  return answer < 0 ? undefined : answer;
}

export function outOfMemory(): EngineError {
  return new EngineError("engine_memory", 503, "this machine has too little free memory for that product");
}
