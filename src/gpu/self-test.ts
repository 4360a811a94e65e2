// An engine proves itself before it is offered: small products with known answers, in every precision and the exact form.
import { EngineError, type Precision } from "../core/compute.ts";
import type { Operand, Product } from "../matrix/kernels.ts";
import { rowOf, streamOf } from "../matrix/philox.ts";
import type { MatmulEngine } from "./engine.ts";

/** Odd on purpose: past the edges of a tile, and more than one of them. */
const SHAPE = { m: 37, k: 70, n: 131 } as const;
const SEED = new Uint8Array(32).fill(0x5a);
const LIMIT_MS = 60_000;
/** The largest odd number that float32 holds. */
const ALL_BITS = 2 ** 24 - 1;

/** Throws EngineError "engine_wrong", or what the engine throws. */
export async function selfTest(engine: MatmulEngine): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const rows = Array.from({ length: SHAPE.m }, (_, i) => rowOf(streamOf(SEED, "A"), i, SHAPE.k));
  const b = Array.from({ length: SHAPE.k }, (_, i) => rowOf(streamOf(SEED, "B"), i, SHAPE.n));
  const known = productOf(rows, b);
  for (const precision of engine.precisions) {
    const product: Product = { ...SHAPE, precision, a: operand(precision, rows), b: operand(precision, b) };
    const { c } = await engine.multiply(product, signal);
    // Whole numbers this small are exact in every precision and every order of summation.
    if (c.length !== known.length || c.some((value, i) => value !== known[i])) throw wrong(engine, precision);
  }
  for (const precision of engine.precisions.filter((one) => one !== "int8")) {
    const one = precision === "float64" ? Float64Array.of(1) : Float32Array.of(1);
    // 24 bits: what computes in TF32 or bfloat16 and says float32 drops some of them.
    const all = precision === "float64" ? Float64Array.of(ALL_BITS) : Float32Array.of(ALL_BITS);
    const { c } = await engine.multiply({ m: 1, k: 1, n: 1, precision, a: all, b: one }, signal);
    if (c[0] !== ALL_BITS) throw wrong(engine, `${precision}: it rounds to fewer bits`);
  }
  const made = await engine.exact({ seed: SEED, k: SHAPE.k, n: SHAPE.n, maxRows: 2 }, signal);
  try {
    const { values } = await made.rows(Uint32Array.of(SHAPE.m - 1, 1), signal);
    const wanted = [...known.slice(-SHAPE.n), ...known.slice(SHAPE.n, 2 * SHAPE.n)];
    if (values.length !== wanted.length || values.some((value, i) => value !== wanted[i])) {
      throw wrong(engine, "the exact proof");
    }
  } finally {
    made.close();
  }
}

function productOf(rows: readonly Int8Array[], b: readonly Int8Array[]): number[] {
  return rows.flatMap((row) =>
    Array.from({ length: SHAPE.n }, (_, j) => row.reduce((sum, value, p) => sum + value * (b[p]?.[j] ?? 0), 0)),
  );
}

function operand(precision: Precision, rows: readonly Int8Array[]): Operand {
  const values = rows.flatMap((row) => [...row]);
  if (precision === "float64") return Float64Array.from(values);
  return precision === "float32" ? Float32Array.from(values) : Int8Array.from(values);
}

function wrong({ kind, device }: MatmulEngine, what: string): EngineError {
  return new EngineError("engine_wrong", 500, `${kind} on ${device.name} multiplied wrongly in ${what}`, {
    hint: "It is not used. Is the driver current, and the device well?",
  });
}
