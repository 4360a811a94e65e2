// On a machine with an NVIDIA GPU: the engine's own float32 kernel against cuBLAS, and a large proof from end to end.

import { cublasNames } from "../../src/gpu/cuda/cublas.ts";
import type { MatmulEngine } from "../../src/gpu/engine.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { openCudaDevice } from "../fakes/cuda-device.ts";
import { never, productOf } from "../fakes/products.ts";
import type { Comparison, Row, Skipped } from "./comparison.ts";
import { prove } from "./proof.ts";

const SIZES = [4096, 8192];
const REPETITIONS = 5;
const PROOF_SIZE = 16_384;
const PROOF_ROWS = 32;

export const cudaAgainstCublas: Comparison = {
  name: "cuda",
  about: `float32 on the GPU: the best of ${REPETITIONS}, one of each in turn; and a proof of ${PROOF_SIZE}³`,
  async run() {
    const engine = await openCudaDevice([]);
    if (typeof engine === "string") return [{ what: "no GPU here", why: engine }];
    try {
      return [...(await againstCublas(engine)), await endToEnd(engine)];
    } finally {
      engine.close();
    }
  },
};

async function againstCublas(engine: MatmulEngine): Promise<(Row | Skipped)[]> {
  const vendor = await openCudaDevice(cublasNames(process.platform, process.env));
  if (typeof vendor === "string") return [{ what: "float32 against cuBLAS", why: vendor }];
  try {
    if (vendor.device.api === engine.device.api) return [{ what: "float32 against cuBLAS", why: "no cuBLAS here" }];
    const rows: Row[] = [];
    for (const size of SIZES) rows.push(await compare(engine, vendor, size));
    return rows;
  } finally {
    vendor.close();
  }
}

async function compare(engine: MatmulEngine, vendor: MatmulEngine, size: number): Promise<Row> {
  const product = productOf("float32", { m: size, k: size, n: size });
  let [ours, theirs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    ours = Math.min(ours, (await engine.multiply(product, never)).computeMs);
    theirs = Math.min(theirs, (await vendor.multiply(product, never)).computeMs);
  }
  const rate = (ms: number) => `${((2 * size ** 3) / 1e9 / ms).toFixed(1)} T/s`;
  return {
    what: `float32 ${size}³, ${engine.device.name}`,
    measured: rate(ours),
    against: `${rate(theirs)} ${vendor.device.api}`,
    ratio: theirs / ours,
    bound: { least: 0.5 },
  };
}

async function endToEnd(engine: MatmulEngine): Promise<Row> {
  const { commitMs, openMs, check } = await prove(engine, PROOF_SIZE, PROOF_ROWS);
  const checkMs = check((await loadKernels()).kernels);
  return {
    what: `check of a proof of ${PROOF_SIZE}³, ${PROOF_ROWS} rows`,
    measured: `${checkMs.toFixed(0)} ms on one core`,
    against: `${commitMs.toFixed(0)} ms to commit, ${openMs.toFixed(0)} ms to open`,
    ratio: checkMs / (commitMs + openMs),
  };
}
