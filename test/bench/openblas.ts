// Debian's OpenBLAS by bun:ffi: what the CPU engine is compared with. Never in the binary.
import { dlopen, ptr } from "bun:ffi";
import { messageOf } from "../../src/core/errors.ts";
import type { Product, Result } from "../../src/matrix/kernels.ts";

const NAMES = ["libopenblas.so.0", "libopenblas.so"];
const CALLS = {
  openblas_set_num_threads: { args: ["i32"], returns: "void" },
  cblas_sgemm: {
    args: ["i32", "i32", "i32", "i32", "i32", "i32", "f32", "ptr", "i32", "ptr", "i32", "f32", "ptr", "i32"],
    returns: "void",
  },
} as const;
/** CblasRowMajor, CblasNoTrans */
const ROW_MAJOR = 101;
const AS_IT_IS = 111;

/** Multiplies float32 and blocks until it is done. */
export type Sgemm = (product: Product, threads: number) => { c: Result; computeMs: number };

/** Or why there is none. */
export function openBlas(): Sgemm | string {
  try {
    const calls = open();
    return ({ m, k, n, a, b }, threads) => {
      const c = new Float32Array(m * n);
      calls.openblas_set_num_threads(threads);
      const begun = performance.now();
      calls.cblas_sgemm(ROW_MAJOR, AS_IT_IS, AS_IT_IS, m, n, k, 1, ptr(a), k, ptr(b), n, 0, ptr(c), n);
      return { c, computeMs: performance.now() - begun };
    };
  } catch (error) {
    return `apt-get install libopenblas0-pthread (${messageOf(error)})`;
  }
}

function open() {
  let failed: unknown;
  for (const name of NAMES) {
    try {
      return dlopen(name, CALLS).symbols;
    } catch (error) {
      failed = error;
    }
  }
  throw failed;
}
