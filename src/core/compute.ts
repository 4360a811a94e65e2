// The joint between who wants matrices multiplied and the engines that do it, in another process of this program.
import { FxnError } from "./errors.ts";

/** float64 and float32 give the same type; int8 gives int32. */
export type Precision = "float64" | "float32" | "int8";

export type EngineKind = "cuda" | "webgpu" | "cpu";

/** A is m×k, B is k×n, C = A·B is m×n. */
export interface Shape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** The device that an engine works on; what is not known is undefined, never 0. */
export interface ComputeDevice {
  /** The vendor's name: "NVIDIA H100 80GB HBM3", "AMD EPYC 7763". */
  readonly name: string;
  /** What carries it out, finer than the engine's kind: "avx2", "cuBLAS 12.4", "vulkan". */
  readonly api: string;
  readonly memoryBytes: number | undefined;
  /** "9.0"; CUDA only. */
  readonly computeCapability: string | undefined;
  /** CUDA only. */
  readonly cudaCores: number | undefined;
  readonly cudaVersion: string | undefined;
  readonly driverVersion: string | undefined;
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
