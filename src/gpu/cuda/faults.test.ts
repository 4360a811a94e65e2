import { beforeEach, describe, expect, test } from "bun:test";
import { openStub, reasonOf, stub } from "../../../test/fakes/cuda-stub.ts";
import { exactRows, never, plainProduct, productOf } from "../../../test/fakes/products.ts";
import { EngineError } from "../../core/compute.ts";
import type { MatmulEngine } from "../engine.ts";

const OUT_OF_MEMORY = 2;
const LAUNCH_FAILED = 719;

const shape = { m: 3, k: 4, n: 5 };
const proof = { seed: new Uint8Array(32), k: 5, n: 4, maxRows: 2 };
const indices = Uint32Array.of(1, 0);

const JOBS = {
  "a float64 product": (engine: MatmulEngine) => multiplied(engine, "float64"),
  "an int8 product": (engine: MatmulEngine) => multiplied(engine, "int8"),
  "a proof": async (engine: MatmulEngine) => {
    const exact = await engine.exact(proof, never);
    try {
      expect((await exact.rows(indices, never)).values).toEqual(exactRows(proof, indices));
    } finally {
      exact.close();
    }
  },
};

async function multiplied(engine: MatmulEngine, precision: "float64" | "int8"): Promise<void> {
  const product = productOf(precision, shape);
  expect((await engine.multiply(product, never)).c).toEqual(plainProduct(product));
}

/** The whole life of an engine. */
async function live(job: (engine: MatmulEngine) => Promise<void>, cublas: boolean): Promise<void> {
  const [engine] = await openStub({ cublas });
  try {
    await job(engine!);
  } finally {
    engine!.close();
  }
}

beforeEach(() => stub.reset());

describe.each([false, true])("with cuBLAS: %p", (cublas) => {
  describe.each(Object.entries(JOBS))("%s", (_, job) => {
    test.each([
      ["fails once", LAUNCH_FAILED, false],
      ["finds no memory once", OUT_OF_MEMORY, false],
      ["fails for good", LAUNCH_FAILED, true],
    ])("whichever call %s: an error, a right result, never a leak", async (_, code, forGood) => {
      await live(job, cublas);
      const calls = stub.calls();
      expect(calls).toBeGreaterThan(50);
      const codes = new Set<string>();
      for (let at = 1; at <= calls; at++) {
        stub.reset();
        stub.fail(at, code, { forGood });
        const failure: unknown = await live(job, cublas).then(
          () => "right",
          (error: unknown) => error,
        );
        codes.add(failure instanceof EngineError ? failure.code : String(failure));
        expect({ at, report: stub.report(), live: stub.live() }).toEqual({ at, report: "", live: 0 });
      }
      const wanted = code === OUT_OF_MEMORY ? "engine_memory" : "engine_failed";
      expect([...codes]).toContain("engine_missing");
      expect([...codes]).toContain(wanted);
      // cuBLAS has errors of its own; a device that is lost never gives a result that is right.
      const others = [...(cublas ? ["engine_failed"] : []), ...(forGood ? [] : ["right"])];
      expect(["engine_missing", wanted, ...others]).toEqual(expect.arrayContaining([...codes]));
    });
  });
});

test("an engine whose device is lost says so, and still closes", async () => {
  const [engine] = await openStub();
  stub.fail(1, LAUNCH_FAILED, { forGood: true });
  const lost = { code: "engine_failed", message: "cuCtxSetCurrent answered CUDA_ERROR_LAUNCH_FAILED" };
  expect(await reasonOf(engine!.multiply(productOf("float32", shape), never))).toMatchObject(lost);
  expect(() => engine!.close()).toThrow("CUDA_ERROR_LAUNCH_FAILED");
  expect(stub.live()).toBe(0);
});

test("an error that the driver has no name for is told by its number", async () => {
  stub.fail(2, 4711);
  expect(await reasonOf(openStub())).toMatchObject({
    code: "engine_failed",
    message: expect.stringMatching(/CUDA error 4711/),
  });
});
