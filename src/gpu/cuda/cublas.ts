// NVIDIA's cuBLAS, found at run time: float32 products where the machine has it.
import type { Library } from "bun:ffi";
import { win32 } from "node:path";
import type { Context } from "./context.ts";
import { callFailed } from "./errors.ts";
import type { Layout, Matrices } from "./layout.ts";
import { openLibrary } from "./library.ts";
import { releaseAll, releaseQuietly } from "./release.ts";

const GEMM = [
  "u64",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "ptr",
  "u64",
  "i32",
  "u64",
  "i32",
  "ptr",
  "u64",
  "i32",
] as const;

const CALLS = {
  cublasGetProperty: { args: ["i32", "ptr"], returns: "i32" },
  cublasCreate_v2: { args: ["ptr"], returns: "i32" },
  cublasSetStream_v2: { args: ["u64", "u64"], returns: "i32" },
  cublasSetMathMode: { args: ["u64", "i32"], returns: "i32" },
  cublasSgemm_v2: { args: GEMM, returns: "i32" },
  cublasDestroy_v2: { args: ["u64"], returns: "i32" },
} as const;

/** libraryPropertyType */
const MAJOR = 0;
const MINOR = 1;
/** CUBLAS_DEFAULT_MATH: as many bits as the type has; TF32 and the like only for who asks for them. */
const DEFAULT_MATH = 0;
/** CUBLAS_OP_N */
const AS_IT_IS = 0;

const STATUS: Readonly<Record<number, string>> = {
  1: "CUBLAS_STATUS_NOT_INITIALIZED",
  3: "CUBLAS_STATUS_ALLOC_FAILED",
  8: "CUBLAS_STATUS_ARCH_MISMATCH",
  13: "CUBLAS_STATUS_EXECUTION_FAILED",
  14: "CUBLAS_STATUS_INTERNAL_ERROR",
  15: "CUBLAS_STATUS_NOT_SUPPORTED",
};

export class Cublas {
  /** "12.4" */
  readonly version: string;
  readonly #context: Context;
  readonly #calls: Library<typeof CALLS>["symbols"];
  readonly #handle: bigint;

  /** @param name of the library @throws Error when it is not there or cannot drive this device */
  constructor(name: string, context: Context) {
    this.#context = context;
    this.#calls = openLibrary([name], CALLS).symbols;
    this.version = `${this.#property(MAJOR)}.${this.#property(MINOR)}`;
    const handle = new BigUint64Array(1);
    context.makeCurrent();
    this.#call("cublasCreate_v2", (call) => call(handle));
    this.#handle = handle[0] ?? 0n;
    try {
      this.#call("cublasSetStream_v2", (call) => call(this.#handle, context.stream));
      this.#call("cublasSetMathMode", (call) => call(this.#handle, DEFAULT_MATH));
    } catch (error) {
      releaseQuietly(() => this.close());
      throw error;
    }
  }

  /** Puts rows `first` to `first + rows` of C = A·B at the end of the stream. */
  multiply(layout: Layout, { a, b, c }: Matrices, first: number, rows: number): void {
    const { padded, shape, operandBytes, resultBytes } = layout;
    const aRows = a + BigInt(first * padded.k * operandBytes);
    const cRows = c + BigInt(first * padded.n * resultBytes);
    const one = Float32Array.of(1);
    const zero = Float32Array.of(0);
    this.#context.makeCurrent();
    // cuBLAS reads column by column: what it sees are the transposed matrices, and Cᵗ = Bᵗ·Aᵗ.
    this.#call("cublasSgemm_v2", (call) =>
      call(
        this.#handle,
        AS_IT_IS,
        AS_IT_IS,
        shape.n,
        rows,
        shape.k,
        one,
        b,
        padded.n,
        aRows,
        padded.k,
        zero,
        cRows,
        padded.n,
      ),
    );
  }

  close(): void {
    const destroy = () => this.#call("cublasDestroy_v2", (call) => call(this.#handle));
    releaseAll([() => this.#context.makeCurrent(), destroy]);
  }

  #property(which: number): number {
    const value = new Int32Array(1);
    this.#call("cublasGetProperty", (call) => call(which, value));
    return value[0] ?? 0;
  }

  #call<Name extends keyof typeof CALLS>(name: Name, invoke: (call: Library<typeof CALLS>["symbols"][Name]) => number) {
    const status = invoke(this.#calls[name]);
    if (status !== 0) throw callFailed(name, STATUS[status] ?? `cuBLAS status ${status}`);
  }
}

/** The first that this machine has and that works on the device; undefined when there is none. */
export function findCublas(names: readonly string[], context: Context): Cublas | undefined {
  for (const name of names) {
    try {
      return new Cublas(name, context);
    } catch {
      // Optional: without it our own kernels compute, and the device says so.
    }
  }
  return undefined;
}

/** Newest first. On Windows the toolkit's installer says where it is; from version 13 on in a folder of its own. */
export function cublasNames(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly string[] {
  const versions = [13, 12, 11];
  if (platform === "linux") return versions.map((version) => `libcublas.so.${version}`);
  const { CUDA_PATH } = env;
  if (platform !== "win32" || !CUDA_PATH) return [];
  return versions.flatMap((version) =>
    [["bin", "x64"], ["bin"]].map((folder) => win32.join(CUDA_PATH, ...folder, `cublas64_${version}.dll`)),
  );
}
