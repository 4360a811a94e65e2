// The matrix challenges of the compiled binary: products, proofs, and what is refused.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { ask, commit, goHash, matrix, multiply, OPEN, PRODUCT, PROOF, prove, refusal, times } from "./matrix.ts";
import { openWorld, outcome, type World } from "./world.ts";

const committed = z.looseObject({ proofId: z.string(), expiresAt: z.number() });
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const answer = (payload: unknown) => multiply(world, payload);
const refused = async (payload: unknown) => refusal(await ask(world, PRODUCT, payload));

describe("MATRIX_MULTIPLICATION", () => {
  test("given matrices: the product, its hash as the Go node makes it, samples, and what ran", async () => {
    const [A, B] = [matrix(37, 20), matrix(20, 51)];
    const C = times(A, B);
    const told = await answer({ A, B });
    const number = expect.any(Number);
    expect(told).toEqual({
      computationTimeMs: number,
      gflops: number,
      backend: "cpu",
      device: expect.stringMatching(/\w/),
      matrixSize: 37,
      flops: 2 * 37 * 20 * 51,
      deviceInfo: { name: "CPU", computeCapability: "N/A", memoryGB: 0, cudaCores: 0 },
      merkleRoot: goHash(C),
      resultSamples: [
        { row: 0, col: 0, value: C[0]?.[0] },
        { row: 18, col: 25, value: C[18]?.[25] },
      ],
      C,
    });
    expect(told.gflops).toBeCloseTo(told.flops / 1e6 / told.computationTimeMs);
  });

  test("float32, the other names of the fields, and C only of up to 100 rows", async () => {
    const [matrixA, matrixB] = [matrix(101, 5), matrix(5, 3)];
    const told = await answer({ matrixA, matrixB, precision: "float32", backend: "cpu" });
    expect([told.C, told.merkleRoot]).toEqual([undefined, goHash(times(matrixA, matrixB))]);
    const third = await answer({ A: [[1]], B: [[1 / 3]], precision: "float32" });
    expect(third.C).toEqual([[Math.fround(1 / 3)]]);
  });

  test("a size: random matrices of the node's own, others each time", async () => {
    const [one, other] = [await answer({ size: 300 }), await answer({ size: 300 })];
    expect([one.matrixSize, one.flops]).toEqual([300, 2 * 300 ** 3]);
    expect(one.merkleRoot).not.toBe(other.merkleRoot);
  });

  test("a body of 4 MB, which the node's own thread does not parse", async () => {
    const [A, B] = [matrix(120, 4096), matrix(4096, 120).map((row) => row.map((value) => value + 1 / 8))];
    expect(JSON.stringify({ A, B }).length).toBeGreaterThan(4_000_000);
    expect((await answer({ A, B })).merkleRoot).toBe(goHash(times(A, B)));
  });

  test("a payload at fault is 400 and names the field, whether it is small or large", async () => {
    const large = matrix(300, 300);
    const spoilt = large.with(7, [...(large[7] ?? []).slice(1), "x" as never]);
    for (const [payload, said] of [
      [{}, "payload.A: missing"],
      [{ A: [[1]] }, "payload.B: missing"],
      [{ A: [[1, 2]], B: [[1]] }, "payload.B: it has 1 rows, but A has 2 columns"],
      [{ A: [[1, 2], [3]], B: [[1], [2]] }, "payload.A.1: the row has 1 values"],
      [{ A: [["1"]], B: [[1]] }, "payload.A.0.0: expected a finite number"],
      [{ size: 4097 }, "payload.size: "],
      [{ size: 8, precision: "float16" }, "payload.precision: "],
      [{ size: 8, backend: "tpu" }, "payload.backend: "],
      [{ A: large, B: spoilt }, "payload.B.7.299: expected a finite number"],
      [{ A: large, B: large.slice(1) }, "payload.B: it has 299 rows, but A has 300 columns"],
    ] as const) {
      expect(await refused(payload)).toStartWith(`400 challenge_payload: ${said}`);
    }
  });

  test("an engine that is named and missing is an error, never another in its place", async () => {
    for (const backend of ["gpu", "cuda", "metal", "webgpu"]) {
      const missing = `400 engine_missing: payload.backend: there is no ${backend} on this node; it has cpu`;
      expect(await refused({ size: 8, backend })).toBe(missing);
      expect(await refusal((await commit(world, { m: 8, k: 8, n: 8, backend })).response)).toBe(missing);
    }
  });

  test("only the scheduler may ask", async () => {
    for (const as of ["gateway", "stranger"] as const) {
      const challenge = { type: PRODUCT, payload: { size: 8 } };
      expect(await outcome(await world.send("/challenge", challenge, { as }))).toBe("401 caller_not_authorized");
    }
  });
});

describe("MATRIX_PROOF", () => {
  test("proofs of many shapes stand up to the check", async () => {
    for (const [m, k, n] of [
      [1, 1, 1],
      [300, 500, 700],
      [513, 31, 2],
      [2, 40_000, 33],
    ] as const) {
      expect(await prove(world, { m, k, n })).toEqual({ backend: "cpu", fault: undefined });
    }
  });

  test("256 rows of one proof", async () => {
    expect((await prove(world, { m: 400, k: 64, n: 2048 }, 256)).fault).toBeUndefined();
  });

  test("one at a time: 429 with Retry-After until it is opened, and it is opened once", async () => {
    const { response } = await commit(world, { m: 50, k: 50, n: 50 });
    const { proofId, expiresAt } = committed.parse(await response.json());
    expect(expiresAt - Date.now()).toBeWithin(50_000, 60_001);
    const busy = (await commit(world, { m: 5, k: 5, n: 5 })).response;
    expect(Number(busy.headers.get("retry-after"))).toBeWithin(50, 61);
    expect(await refusal(busy)).toStartWith("429 challenge_busy: ");
    // Products are not proofs: they have a place of their own.
    expect(await refused({ size: 8 })).toBe("200");
    const opening = { proofId, rows: [49, 0] };
    expect(await refusal(await ask(world, OPEN, { ...opening, rows: [50] }))).toStartWith(
      "400 challenge_payload: payload.rows.0: ",
    );
    const both = await Promise.all([ask(world, OPEN, opening), ask(world, OPEN, opening)]);
    const outcomes = await Promise.all(both.map(outcome));
    expect(outcomes.filter((one) => one === "200")).toHaveLength(1);
    expect(await refusal(await ask(world, OPEN, opening))).toStartWith("400 challenge_payload: payload.proofId: ");
    expect((await prove(world, { m: 5, k: 5, n: 5 })).fault).toBeUndefined();
  });

  test("a payload at fault is 400 and names the field", async () => {
    const good = { version: 1, seed: "5a".repeat(32), m: 8, k: 8, n: 8 };
    for (const [change, field] of [
      [{ version: 2 }, "version"],
      [{ seed: "5a" }, "seed"],
      [{ m: 32_769 }, "m"],
      [{ k: 262_145 }, "k"],
      [{ n: 0 }, "n"],
      [{ n: 1.5 }, "n"],
      [{ rows: 3 }, "rows"],
    ] as const) {
      expect(await refusal(await ask(world, PROOF, { ...good, ...change }))).toStartWith(
        `400 challenge_payload: payload.${field}: `,
      );
    }
    for (const [payload, field] of [
      [{ proofId: "x", rows: [] }, "rows"],
      [{ proofId: "x", rows: [1, 1] }, "rows"],
      [{ proofId: "x", rows: [-1] }, "rows.0"],
      [{ proofId: "x", rows: [1] }, "proofId"],
      [{ rows: [1] }, "proofId"],
    ] as const) {
      expect(await refusal(await ask(world, OPEN, payload))).toStartWith(`400 challenge_payload: payload.${field}: `);
    }
  });
});
