// Rehearses MATRIX_MULTIPLICATION: a product that is known here, value by value, and its hash.
import { z } from "zod";
import { merkleRoot } from "../../challengers/matrix-multiplication/answer.ts";
import { type Check, fail, pass } from "./check.ts";

const SIDE = 64;
const TIMED_SIDE = 1024;

const answer = z.object({
  computationTimeMs: z.number(),
  gflops: z.number(),
  backend: z.string(),
  device: z.string(),
  matrixSize: z.number(),
  flops: z.number(),
  merkleRoot: z.string(),
  resultSamples: z.array(z.object({ row: z.number(), col: z.number(), value: z.number() })),
  C: z.array(z.array(z.number())).optional(),
});

export const productCheck: Check = {
  name: "MATRIX_MULTIPLICATION",
  async run({ client, kernels, signal }) {
    const ask = (payload: object) =>
      client.json("/challenge", { type: "MATRIX_MULTIPLICATION", payload }, answer, signal);
    // Small whole numbers: every right device gives the same bits, in whatever order it sums.
    const small = () => Math.floor(Math.random() * 17) - 8;
    const [A, B] = [matrix(small), matrix(small)];
    const known = {
      precision: "float64",
      m: SIDE,
      k: SIDE,
      n: SIDE,
      a: Float64Array.from(A.flat()),
      b: Float64Array.from(B.flat()),
    } as const;
    const { c } = await kernels.multiply(known, 0, signal);
    const told = await ask({ A, B });
    const values = told.C?.flat() ?? [];
    if (values.length !== c.length || values.some((value, i) => value !== c[i])) return fail("the product is wrong");
    const { matrixSize, flops, resultSamples } = told;
    if (matrixSize !== SIDE || flops !== 2 * SIDE ** 3) return fail(`matrixSize ${matrixSize}, flops ${flops}`);
    const sampled =
      resultSamples.length === 2 && resultSamples.every(({ row, col, value }) => c[row * SIDE + col] === value);
    if (!sampled) return fail("the samples are not of the product");
    const root = await merkleRoot(c, kernels, signal);
    if (told.merkleRoot !== root) return fail(`merkleRoot is ${told.merkleRoot}, not ${root}`);
    const { gflops, backend, device } = await ask({ size: TIMED_SIDE });
    return pass(`${gflops.toFixed(1)} GFLOPS in float64 at ${TIMED_SIDE}; ${backend} on ${device}`);
  },
};

function matrix(value: () => number): number[][] {
  return Array.from({ length: SIDE }, () => Array.from({ length: SIDE }, value));
}
