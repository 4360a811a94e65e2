// Measures an engine: random matrices, the best of a few runs, by the engine's own clock.
import { gflopsOf, type Precision } from "../core/compute.ts";
import type { Operand } from "../matrix/kernels.ts";
import type { MatmulEngine } from "./engine.ts";
import { backendOf } from "./engines.ts";

export interface Measured {
  readonly engine: string;
  readonly device: string;
  readonly api: string;
  readonly precision: Precision;
  readonly size: number;
  /** 2·size³ operations over the best time. */
  readonly gflops: number;
}

/** At least, and more of what is short: a core that was idle takes a while to wake. */
const RUNS = 3;
const LEAST_MS = 200;

/** What the engine has no precision for is left out. Throws EngineError. */
export async function benchEngine(
  engine: MatmulEngine,
  sizes: readonly number[],
  precisions: readonly Precision[],
  signal: AbortSignal,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const precision of precisions.filter((one) => engine.precisions.includes(one))) {
    for (const size of sizes) {
      const product = {
        precision,
        m: size,
        k: size,
        n: size,
        a: randomOperand(precision, size),
        b: randomOperand(precision, size),
      };
      let best = Number.POSITIVE_INFINITY;
      let spent = 0;
      for (let run = 0; run < RUNS || spent < LEAST_MS; run++) {
        const { computeMs } = await engine.multiply(product, signal);
        best = Math.min(best, computeMs);
        spent += Math.max(computeMs, 1);
      }
      const { device } = engine;
      const gflops = gflopsOf(product, best);
      measured.push({ engine: backendOf(engine), device: device.name, api: device.api, precision, size, gflops });
    }
  }
  return measured;
}

function randomOperand(precision: Precision, size: number): Operand {
  const length = size * size;
  if (precision === "int8") return Int8Array.from({ length }, () => Math.floor(Math.random() * 256) - 128);
  const values = precision === "float32" ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = 2 * Math.random() - 1;
  return values;
}
