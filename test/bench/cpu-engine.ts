// The CPU engine against OpenBLAS in float32, and its own int8 against its float32.
import { availableParallelism } from "node:os";
import { cpuEngine } from "../../src/gpu/cpu.ts";
import type { Multiplied } from "../../src/matrix/kernels.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { never, productOf } from "../fakes/products.ts";
import type { Comparison, Row, Skipped } from "./comparison.ts";
import { openBlas } from "./openblas.ts";

const SIZES = [512, 1024, 2048];
/** Small products are over in milliseconds: long enough to find a moment in which nobody else is at work. */
const LEAST_REPETITIONS = 7;
const LEAST_MS = 3000;

export const cpuAgainstOpenBlas: Comparison = {
  name: "cpu",
  about: `Products on the CPU: the best of ${LEAST_REPETITIONS} or more, one of each kind in turn, without making the matrices`,
  async run() {
    const rows: (Row | Skipped)[] = [];
    for (const threads of new Set([1, availableParallelism()]))
      for (const size of SIZES) rows.push(...(await compare(size, threads)));
    return rows;
  },
};

/** OpenBLAS's threads look for more work that long, on all cores, before they sleep. */
const SPINNING_MS = 60;
/** Of each kind: a core that was idle takes a while to wake, as long as a small product. */
const IN_A_ROW = 5;

/** Neither they nor the collection of garbage shall be in the next figures. */
async function quiet(): Promise<void> {
  Bun.gc(true);
  await Bun.sleep(SPINNING_MS);
}

async function compare(size: number, threads: number): Promise<(Row | Skipped)[]> {
  const { kernels } = await loadKernels();
  const engine = cpuEngine(kernels, threads);
  const blas = openBlas();
  const shape = { m: size, k: size, n: size };
  const [float, int] = [productOf("float32", shape), productOf("int8", shape)];
  const best = { float: Number.POSITIVE_INFINITY, int: Number.POSITIVE_INFINITY, blas: Number.POSITIVE_INFINITY };
  if (typeof blas !== "string" && !same(await engine.multiply(float, never), blas(float, threads)))
    throw new Error(`OpenBLAS and the engine differ at ${size}`);
  const begun = performance.now();
  for (let done = 0; done < LEAST_REPETITIONS || performance.now() - begun < LEAST_MS; done++) {
    for (let i = 0; i < IN_A_ROW; i++)
      best.float = Math.min(best.float, (await engine.multiply(float, never)).computeMs);
    for (let i = 0; i < IN_A_ROW; i++) best.int = Math.min(best.int, (await engine.multiply(int, never)).computeMs);
    for (let i = 0; i < 2 && typeof blas !== "string"; i++)
      best.blas = Math.min(best.blas, blas(float, threads).computeMs);
    await quiet();
  }
  const at = `${size}³, ${threads} thread${threads > 1 ? "s" : ""}`;
  const rate = (ms: number) => `${((2 * size ** 3) / 1e6 / ms).toFixed(0)} G/s`;
  const what = `float32 ${at}`;
  return [
    typeof blas === "string"
      ? { what: `${what} against OpenBLAS`, why: blas }
      : {
          what,
          measured: `${rate(best.float)} (${engine.device.api})`,
          against: `${rate(best.blas)} OpenBLAS`,
          ratio: best.blas / best.float,
          bound: { least: 0.5 },
        },
    {
      what: `int8→int32 ${at}`,
      measured: rate(best.int),
      against: `${rate(best.float)} float32`,
      ratio: best.float / best.int,
      bound: { least: 1 },
    },
  ];
}

/** To the bit: sums of these small integers are exact in float32, in whatever order. */
function same(ours: Pick<Multiplied, "c">, theirs: Pick<Multiplied, "c">): boolean {
  return ours.c.every((value, at) => value === theirs.c[at]);
}
