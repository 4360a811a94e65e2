// The kernels as a native library: jobs run in threads of their own, and JavaScript looks from time to time.
import { ptr } from "bun:ffi";
import { setTimeout as sleep } from "node:timers/promises";
import { loadLibrary } from "../lib/native-library.ts";
import { columnOf, emptyResult, type Kernels, KIND, outOfMemory, PRINTED_BYTES, room, streamWords } from "./kernels.ts";

const SYMBOLS = {
  fxn_simd: { args: [], returns: "cstring" },
  fxn_product_start: { args: ["i32", "i32", "i32", "i32", "ptr", "ptr", "ptr", "i32"], returns: "u64" },
  fxn_exact_start: { args: ["ptr", "i32", "i32", "i32"], returns: "u64" },
  fxn_exact_rows: { args: ["u64", "ptr", "i32", "ptr", "i32"], returns: "u64" },
  fxn_job_state: { args: ["u64"], returns: "i32" },
  fxn_job_ms: { args: ["u64"], returns: "f64" },
  fxn_job_cancel: { args: ["u64"], returns: "void" },
  fxn_job_free: { args: ["u64"], returns: "void" },
  fxn_print6: { args: ["ptr", "i32", "ptr"], returns: "i32" },
  fxn_freivalds: { args: ["ptr", "i32", "i32", "ptr", "i32", "ptr", "ptr"], returns: "i32" },
} as const;

const RUNNING = 0;
/** Looks come after 1 ms, 2 ms and so on up to this; earlier ones would only take a core from the job. */
const MAX_WAIT_MS = 4;

/** @param cores how many threads "as many as there are" means; throws an Error where the library cannot be loaded */
export function nativeKernels(library: Uint8Array, cores: number): Kernels {
  const c = loadLibrary(library, SYMBOLS);
  const inUse = new Set<object>();

  /** The job's milliseconds; it is cancelled when the signal aborts. */
  async function settled(job: bigint, signal: AbortSignal): Promise<number> {
    const cancel = () => c.fxn_job_cancel(job);
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    for (let wait = 1; c.fxn_job_state(job) === RUNNING; wait = Math.min(wait + 1, MAX_WAIT_MS)) await sleep(wait);
    signal.removeEventListener("abort", cancel);
    signal.throwIfAborted();
    return c.fxn_job_ms(job);
  }

  /** @param used what the job reads and writes: the garbage collector does not see that it is in use */
  async function toItsEnd(job: bigint, used: object, signal: AbortSignal): Promise<number> {
    if (job === 0n) throw outOfMemory();
    inUse.add(used);
    try {
      return await settled(job, signal);
    } finally {
      c.fxn_job_free(job);
      inUse.delete(used);
    }
  }

  return {
    simd: String(c.fxn_simd()),

    async multiply(product, threads, signal) {
      const { precision, m, k, n, a, b } = product;
      const result = emptyResult(product);
      const at = [ptr(a), ptr(b), ptr(result)] as const;
      const job = c.fxn_product_start(KIND[precision], m, k, n, ...at, threads || cores);
      return { computeMs: await toItsEnd(job, [a, b, result], signal), c: result };
    },

    async exact(size, threads, signal) {
      const { k, n } = size;
      const words = streamWords(size);
      const made = c.fxn_exact_start(ptr(words), k, n, threads || cores);
      if (made === 0n) throw outOfMemory();
      let open = true;
      const close = () => {
        if (open) c.fxn_job_free(made);
        open = false;
      };
      try {
        await settled(made, signal);
      } catch (error) {
        close();
        throw error;
      }
      return {
        async rows(indices, rowsSignal) {
          if (!open) throw new Error("rows of a product that is closed");
          const values = room(Int32Array, indices.length * n);
          // An empty array has no address.
          if (indices.length === 0) return { computeMs: 0, values };
          const job = c.fxn_exact_rows(made, ptr(indices), indices.length, ptr(values), threads || cores);
          return { computeMs: await toItsEnd(job, [indices, values], rowsSignal), values };
        },
        close,
      };
    },

    print6(values) {
      const out = new Uint8Array(values.length * PRINTED_BYTES);
      return out.subarray(0, c.fxn_print6(ptr(values), values.length, ptr(out)));
    },

    wrongColumn(size, { rows, coefficients, values }) {
      const words = streamWords(size);
      const at = [ptr(rows), rows.length, ptr(coefficients), ptr(values)] as const;
      return columnOf(c.fxn_freivalds(ptr(words), size.k, size.n, ...at));
    },
  };
}
