// The joint between who wants matrices multiplied and the engines that do it, in another process of this program.
import type { JsonText } from "./challenge.ts";
import { FxnError } from "./errors.ts";

/** float64 and float32 give the same type; int8 gives int32. */
export type Precision = "float64" | "float32" | "int8";

export type EngineKind = "cuda" | "webgpu" | "cpu";

/**
 * What a caller may name. auto: the first of the engine table that is there; gpu: any but the CPU; metal: WebGPU on Apple's Metal.
 * A name is kept to or refused: what was not asked for never answers in its place.
 */
export const BACKEND_NAMES = ["auto", "cpu", "gpu", "cuda", "metal", "webgpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** A is m×k, B is k×n, C = A·B is m×n. */
export interface Shape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** What clocks tell apart: a product that took less by them took no time at all, and would have no rate. */
const SHORTEST_MS = 0.0005;

/** A multiplication and an addition for each of m·k·n. */
export function gflopsOf({ m, k, n }: Shape, computeMs: number): number {
  return (2 * m * k * n) / 1e6 / Math.max(computeMs, SHORTEST_MS);
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

/** What is counted of a product that was computed. */
export interface ProductFacts {
  /** Rows of A. */
  readonly size: number;
  readonly computeMs: number;
  readonly gflops: number;
  /** What ran. */
  readonly backend: BackendName;
}

export interface ProofJob extends Shape {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly backend: BackendName;
}

/** The first step of a proof, but for the signature. */
export interface Committed {
  /** Hashes of each level of the tree, leaves first (src/matrix/merkle.ts). */
  readonly levels: readonly Uint8Array[];
  /** The multiplication alone. */
  readonly computeMs: number;
  /** What ran: "cpu", "cuda", "webgpu", "metal". */
  readonly backend: BackendName;
  readonly device: string;
}

export interface OpenJob extends ProofJob {
  readonly rows: readonly number[];
  /** Of each row, leaf end first. */
  readonly paths: readonly (readonly Uint8Array[])[];
}

/** One of them works at a time, in the order in which they were asked. Throws FxnError, or the signal's reason. */
export interface ComputePort {
  /**
   * The answer to MATRIX_MULTIPLICATION.
   * @param task what challengers/matrix-multiplication/payload.ts makes of a payload
   */
  multiply(task: unknown, signal: AbortSignal): Promise<JsonText>;
  /** The same for the whole body of a request, which is parsed where it blocks nobody; its type, when it is another. */
  multiplyBody(body: Uint8Array, signal: AbortSignal): Promise<JsonText | { readonly otherType: string }>;
  commit(job: ProofJob, signal: AbortSignal): Promise<Committed>;
  /** The answer to MATRIX_PROOF_OPEN. */
  open(job: OpenJob, signal: AbortSignal): Promise<JsonText>;
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
