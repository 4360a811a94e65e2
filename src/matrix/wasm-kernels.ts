// The kernels as WebAssembly, for machines on which no library can be loaded: one core, in steps that let others in between.
import { setImmediate as otherWork } from "node:timers/promises";
import { z } from "zod";
import { columnOf, emptyResult, type Kernels, KIND, outOfMemory, PRINTED_BYTES, room, streamWords } from "./kernels.ts";

const fn = z.custom<(...numbers: number[]) => number>((value) => typeof value === "function");
const exported = z.object({
  memory: z.instanceof(WebAssembly.Memory),
  _initialize: fn,
  fxn_alloc: fn,
  fxn_product_start: fn,
  fxn_exact_start: fn,
  fxn_exact_rows: fn,
  fxn_job_step: fn,
  fxn_job_free: fn,
  fxn_release: fn,
  fxn_print6: fn,
  fxn_freivalds: fn,
});

const MOST_BYTES = 2 ** 31 - 2 ** 20;

type Typed = Float64Array | Float32Array | Int32Array | Uint32Array | BigUint64Array | Int8Array | Uint8Array;

/** One instance is one job: its memory can only grow, and goes with it. */
function instance(module: WebAssembly.Module) {
  const c = exported.parse(new WebAssembly.Instance(module).exports);
  c._initialize();
  const place = (bytes: number): number => {
    // A larger one would not fit into the numbers that its own memory is counted with.
    const at = bytes < MOST_BYTES ? c.fxn_alloc(bytes) >>> 0 : 0;
    if (at === 0) throw outOfMemory();
    return at;
  };
  const bytesOf = ({ buffer, byteOffset, byteLength }: Typed) => new Uint8Array(buffer, byteOffset, byteLength);
  return {
    c,
    place,
    /** Copies in. */
    put(values: Typed): number {
      const at = place(values.byteLength);
      new Uint8Array(c.memory.buffer).set(bytesOf(values), at);
      return at;
    },
    /** Copies out. */
    take<T extends Typed>(at: number, into: T): T {
      bytesOf(into).set(new Uint8Array(c.memory.buffer, at, into.byteLength));
      return into;
    },
    async run(job: number, signal: AbortSignal): Promise<number> {
      if (job === 0) throw outOfMemory();
      const begun = performance.now();
      while (c.fxn_job_step(job) !== 0) {
        await otherWork();
        signal.throwIfAborted();
      }
      return performance.now() - begun;
    },
  };
}

export async function wasmKernels(bytes: Uint8Array<ArrayBuffer>): Promise<Kernels> {
  const module = await WebAssembly.compile(bytes);
  return {
    simd: "wasm simd128",

    async multiply(product, _threads, signal) {
      const { precision, m, k, n, a, b } = product;
      const { c, put, place, run, take } = instance(module);
      const result = emptyResult(product);
      const out = place(result.byteLength);
      const computeMs = await run(c.fxn_product_start(KIND[precision], m, k, n, put(a), put(b), out, 0), signal);
      return { computeMs, c: take(out, result) };
    },

    async exact(size, _threads, signal) {
      const { c, put, place, run, take } = instance(module);
      const made = c.fxn_exact_start(put(streamWords(size)), size.k, size.n, 0);
      await run(made, signal);
      return {
        async rows(indices, rowsSignal) {
          const values = room(Int32Array, indices.length * size.n);
          if (indices.length === 0) return { computeMs: 0, values };
          const rows = put(indices);
          const out = place(values.byteLength);
          const job = c.fxn_exact_rows(made, rows, indices.length, out, 0);
          try {
            return { computeMs: await run(job, rowsSignal), values: take(out, values) };
          } finally {
            for (const used of [rows, out]) c.fxn_release(used);
            c.fxn_job_free(job);
          }
        },
        close() {
          // The instance and its memory go when nothing refers to them.
        },
      };
    },

    print6(values) {
      const { c, put, place, take } = instance(module);
      const out = place(values.length * PRINTED_BYTES);
      return take(out, new Uint8Array(c.fxn_print6(put(values), values.length, out)));
    },

    wrongColumn(size, { rows, coefficients, values }) {
      const { c, put } = instance(module);
      const at = [put(rows), rows.length, put(coefficients), put(values)] as const;
      return columnOf(c.fxn_freivalds(put(streamWords(size)), size.k, size.n, ...at));
    },
  };
}
