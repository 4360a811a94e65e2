import { describe, expect, test } from "bun:test";
import { JsonText } from "../../src/core/challenge.ts";
import { challengerConformance } from "../../test/conformance/challengers.ts";
import { challengeContext, openChallenges, refusalOf } from "../../test/fakes/challenges.ts";
import { inProcess } from "../../test/fakes/compute.ts";
import go from "../../test/vectors/go-print6.json";
import { INLINE_BYTES } from "../challenger.ts";
import { matrixMultiplication } from "./challenger.ts";

const signal = new AbortController().signal;
const port = openChallenges([matrixMultiplication]);
const [A, B] = [
  [
    [1, 2],
    [3, 4],
  ],
  [
    [5, 6],
    [7, 8],
  ],
];

/** The answer as the scheduler reads it. */
async function product(payload: unknown, by = port): Promise<Record<string, unknown>> {
  const answer = await by.run("MATRIX_MULTIPLICATION", payload, signal);
  if (!(answer instanceof JsonText)) throw new Error("no JSON text");
  return JSON.parse(Buffer.concat(answer.pieces).toString());
}

challengerConformance(matrixMultiplication, {
  context: challengeContext(),
  good: [
    { A, B },
    { matrixA: A, matrixB: B, backend: "cpu", precision: "float32" },
    { size: 3, extra: 1, backend: null },
  ],
  bad: [
    { payload: {}, field: "payload.A" },
    { payload: "x", field: "payload" },
    { payload: { A }, field: "payload.B" },
    { payload: { B }, field: "payload.A" },
    { payload: { A: [], B }, field: "payload.A" },
    { payload: { A: [[]], B }, field: "payload.A" },
    { payload: { A: [[1, 2], [3]], B }, field: "payload.A.1" },
    { payload: { A: [[1, "2"]], B }, field: "payload.A.0.1" },
    { payload: { A: [[1, null]], B }, field: "payload.A.0.1" },
    { payload: { A: [[1, Number.POSITIVE_INFINITY]], B }, field: "payload.A.0.1" },
    { payload: { A: [[Number.NaN, 1]], B }, field: "payload.A.0.0" },
    { payload: { A: [[1, 2, 3]], B }, field: "payload.B" },
    { payload: { A: [[1, 2], 7], B }, field: "payload.A.1" },
    { payload: { A: "x", B }, field: "payload.A" },
    { payload: { A: Array(4097).fill([1, 2]), B }, field: "payload.A" },
    { payload: { A, B: [Array(4097).fill(1), Array(4097).fill(1)] }, field: "payload.B" },
    { payload: { size: 0 }, field: "payload.size" },
    { payload: { size: 4097 }, field: "payload.size" },
    { payload: { size: 2.5 }, field: "payload.size" },
    { payload: { size: 2, backend: "tpu" }, field: "payload.backend" },
    { payload: { size: 2, precision: "float16" }, field: "payload.precision" },
    { payload: { A: [[1e308, 1e308]], B: [[10], [10]] }, field: "payload" },
  ],
});

describe("MATRIX_MULTIPLICATION", () => {
  test("every field of the network's contract, on a CPU", async () => {
    const { computationTimeMs, gflops, device, ...rest } = await product({ A, B });
    expect(rest).toEqual({
      backend: "cpu",
      matrixSize: 2,
      flops: 16,
      deviceInfo: { name: "CPU", computeCapability: "N/A", memoryGB: 0, cudaCores: 0 },
      merkleRoot: `0x${new Bun.CryptoHasher("sha256").update("19.00000022.00000043.00000050.000000").digest("hex")}`,
      resultSamples: [
        { row: 0, col: 0, value: 19 },
        { row: 1, col: 1, value: 50 },
      ],
      C: [
        [19, 22],
        [43, 50],
      ],
    });
    expect(computationTimeMs).toBeNumber();
    expect(gflops).toBeCloseTo(16 / 1e6 / Number(computationTimeMs), 9);
    expect(device).toMatch(/\w/);
  });

  test("merkleRoot is the Go node's for its products: halves, negative zero, 1e21, tiny values, order of sums", async () => {
    for (const { name, A: a, B: b, merkleRoot } of go.products) {
      if (name === "overflow") continue;
      expect([name, (await product({ A: a, B: b })).merkleRoot]).toEqual([name, merkleRoot]);
    }
  });

  test("the samples lie at the first entry and in the middle; C is there up to 100 rows", async () => {
    const column = (rows: number) => Array.from({ length: rows }, (_, i) => [i]);
    const small = await product({ A: column(100), B: [[1, 2, 3]] });
    expect(small.resultSamples).toEqual([
      { row: 0, col: 0, value: 0 },
      { row: 50, col: 1, value: 100 },
    ]);
    expect(small.C).toHaveLength(100);
    const large = await product({ A: column(101), B: [[1, 2, 3]] });
    expect(large).not.toHaveProperty("C");
    expect(large.matrixSize).toBe(101);
  });

  test("size makes random matrices, new ones each time", async () => {
    const [first, second] = [await product({ size: 12 }), await product({ size: 12 })];
    expect([first.matrixSize, first.flops]).toEqual([12, 2 * 12 ** 3]);
    expect(first.merkleRoot).not.toBe(second.merkleRoot);
  });

  test("float32 is computed in float32", async () => {
    const payload = { A: [[16_777_216, 1]], B: [[1], [1]] };
    expect((await product({ ...payload, precision: "float32" })).C).toEqual([[16_777_216]]);
    expect((await product(payload)).C).toEqual([[16_777_217]]);
  });

  test("a GPU that is asked for and not there is an error, never an answer of the CPU", async () => {
    for (const backend of ["gpu", "cuda", "metal", "webgpu"]) {
      expect(await refusalOf(product({ size: 4, backend }))).toBe(
        `400 engine_missing: payload.backend: there is no ${backend} on this node; it has cpu`,
      );
    }
  });

  test("a body too large to be parsed beside requests gives the same answer, and the same refusals", async () => {
    const a = Array.from({ length: 90 }, () => Array.from({ length: 130 }, Math.random));
    const b = Array.from({ length: 130 }, () => Array.from({ length: 60 }, Math.random));
    const bodyOf = (payload: unknown) =>
      new TextEncoder().encode(JSON.stringify({ type: "MATRIX_MULTIPLICATION", payload }));
    const body = bodyOf({ A: a, B: b });
    expect(body.length).toBeGreaterThan(INLINE_BYTES);
    const answer = await port.answer(body, signal);
    if (!(answer instanceof JsonText)) throw new Error("no JSON text");
    const { merkleRoot, C } = JSON.parse(Buffer.concat(answer.pieces).toString());
    const inline = await product({ A: a, B: b });
    expect([merkleRoot, C]).toEqual([inline.merkleRoot, inline.C]);
    expect(await refusalOf(port.answer(bodyOf({ A: a, B: [...b, [1]] }), signal))).toStartWith(
      "400 challenge_payload: payload.B.130: ",
    );
  });

  test("what needs more memory than challenges may have is refused, and says how much", async () => {
    const context = challengeContext({ compute: inProcess(1024 * 1024) });
    expect(
      await refusalOf(
        openChallenges([matrixMultiplication], { context }).run("MATRIX_MULTIPLICATION", { size: 300 }, signal),
      ),
    ).toBe("400 engine_memory: payload: the product needs 3 MB of memory, and this node gives challenges 1 MB");
  });
});
