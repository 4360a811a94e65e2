// What a matmul engine is: one way to multiply matrices on one device, the same for every one in the table.
import type { ComputeDevice, EngineKind, Precision, Shape } from "../core/compute.ts";
import { FxnError } from "../core/errors.ts";

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

/** A and B of a proof: their entries follow from the seed (src/matrix/philox.ts). */
export interface ExactSpec {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly k: number;
  readonly n: number;
  /** The most rows that will be asked for in one call. */
  readonly maxRows: number;
}

/** B of a proof, made on the device and kept there until it is closed. */
export interface ExactProduct {
  /** Rows of C with these indices, in this order, one after the other: indices.length × n. */
  rows(indices: Uint32Array, signal: AbortSignal): Promise<{ values: Int32Array; computeMs: number }>;
  close(): void;
}

/** One call at a time. Every method throws EngineError, or the signal's reason once it has aborted. */
export interface MatmulEngine {
  readonly kind: EngineKind;
  readonly device: ComputeDevice;
  readonly precisions: readonly Precision[];
  multiply(product: Product, signal: AbortSignal): Promise<Multiplied>;
  exact(spec: ExactSpec, signal: AbortSignal): Promise<ExactProduct>;
  close(): void;
}

export interface EngineOptions {
  /** CPU threads; 0: as many as there are. */
  readonly threads: number;
  /** Whether an adapter that computes on the CPU counts as a GPU: for tests. */
  readonly softwareAdapter: boolean;
}

export interface EngineFamily {
  readonly kind: EngineKind;
  /** One engine per device that works; throws EngineError "engine_missing" that says why there is none. */
  open(options: EngineOptions): Promise<readonly MatmulEngine[]>;
}

export type EngineCode =
  /** There is no such engine here; the message says why. */
  | "engine_missing"
  /** The device's memory is too small for this product. */
  | "engine_memory"
  /** The engine cannot compute in this precision. */
  | "engine_precision"
  /** The device or its driver failed. */
  | "engine_failed"
  /** It answered a product with a known answer wrongly. */
  | "engine_wrong";

export class EngineError extends FxnError<EngineCode> {}
