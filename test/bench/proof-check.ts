// Checking a proof against computing the product, both on one core: with the native kernels and with WebAssembly.
import { join } from "node:path";
import { cpuEngine } from "../../src/gpu/cpu.ts";
import type { Kernels } from "../../src/matrix/kernels.ts";
import { loadKernels } from "../../src/matrix/load.ts";
import { wasmKernels } from "../../src/matrix/wasm-kernels.ts";
import { never } from "../fakes/products.ts";
import { type Comparison, median, type Row } from "./comparison.ts";
import { prove } from "./proof.ts";

const SIZE = 4096;
const ROWS = 32;
const REPETITIONS = 3;
const WASM = join(import.meta.dir, "..", "..", "dist", "native", "matrix-wasm.bin");

export const proofCheck: Comparison = {
  name: "proof",
  about: `Checking a proof of ${SIZE}³ with ${ROWS} rows, one core: signature, paths and values; medians of ${REPETITIONS}`,
  async run() {
    const { kernels } = await loadKernels();
    return [...(await compare(kernels)), ...(await compare(await wasmKernels(await Bun.file(WASM).bytes())))];
  },
};

async function compare(kernels: Kernels): Promise<Row[]> {
  const proven = await prove(cpuEngine(kernels, 1), SIZE, ROWS);
  const checks: number[] = [];
  const products: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    checks.push(proven.check(kernels));
    products.push(await productMs(kernels));
  }
  const [check, product] = [median(checks), median(products)];
  const measured = `${check.toFixed(0)} ms`;
  return [
    { what: `check, ${kernels.simd}`, measured, against: "1 s", ratio: check / 1000, bound: { most: 1 } },
    {
      what: `check, ${kernels.simd}`,
      measured,
      against: `${product.toFixed(0)} ms for the product`,
      ratio: check / product,
      bound: { most: 1 / 20 },
    },
  ];
}

/** The whole product on one core, its matrices made from a seed as for a proof. */
async function productMs(kernels: Kernels): Promise<number> {
  const begun = performance.now();
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const exact = await cpuEngine(kernels, 1).exact({ seed, k: SIZE, n: SIZE, maxRows: SIZE }, never);
  await exact.rows(
    Uint32Array.from({ length: SIZE }, (_, row) => row),
    never,
  );
  exact.close();
  return performance.now() - begun;
}
