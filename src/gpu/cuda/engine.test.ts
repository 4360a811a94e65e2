import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { openStub, reasonOf, stub, withStub } from "../../../test/fakes/cuda-stub.ts";
import { never, ODD_SHAPES, plainProduct, productOf } from "../../../test/fakes/products.ts";

beforeEach(() => stub.reset());
afterEach(() => expect({ report: stub.report(), live: stub.live() }).toEqual({ report: "", live: 0 }));

describe.each([false, true])("with cuBLAS: %p", (cublas) => {
  describe.each(["float64", "float32", "int8"] as const)("a %s product is right", (precision) => {
    test.each(ODD_SHAPES)("m $m, k $k, n $n", (shape) =>
      withStub({ cublas }, async (engine) => {
        const product = productOf(precision, shape);
        const { c } = await engine.multiply(product, never);
        expect(c).toEqual(plainProduct(product));
      }),
    );
  });
});

test("any shape in any precision is right", () =>
  withStub({}, async (engine) => {
    const side = fc.integer({ min: 1, max: 160 });
    const shapes = fc.record({ m: side, k: side, n: side });
    const property = fc.asyncProperty(fc.constantFrom(...engine.precisions), shapes, async (precision, shape) => {
      const product = productOf(precision, shape);
      expect((await engine.multiply(product, never)).c).toEqual(plainProduct(product));
    });
    await fc.assert(property, { numRuns: 30 });
  }));

test("one engine serves one product after the other", () =>
  withStub({}, async (engine) => {
    for (const precision of engine.precisions) {
      const product = productOf(precision, { m: 5, k: 6, n: 7 });
      expect((await engine.multiply(product, never)).c).toEqual(plainProduct(product));
    }
  }));

test("operands that are smaller than their shape are refused before the driver reads beyond them", () =>
  withStub({}, async (engine) => {
    const product = { ...productOf("float32", { m: 4, k: 4, n: 4 }), m: 5 };
    expect(await reasonOf(engine.multiply(product, never))).toMatchObject({
      message: expect.stringContaining("no 5×4 and 4×4"),
    });
  }));

test("work is cut into parts by the device's speed, and timed without the copies", () =>
  withStub({}, async (engine) => {
    stub.blockMs(10);
    // 9 × 2 tiles. A part is 30 ms, but no less than two tiles for each of the stub's two multiprocessors.
    const product = productOf("float32", { m: 1100, k: 9, n: 200 });
    expect((await engine.multiply(product, never)).computeMs).toBe(180);
    expect(stub.launches()).toBe(1);
    const { c, computeMs } = await engine.multiply(product, never);
    expect(c).toEqual(plainProduct(product));
    expect(computeMs).toBe(180);
    expect(stub.launches()).toBe(1 + 5);
  }));

test("cuBLAS is given panels of whole tiles", () =>
  withStub({ cublas: true }, async (engine) => {
    const product = productOf("float32", { m: 600, k: 3, n: 5 });
    expect((await engine.multiply(product, never)).computeMs).toBe(2);
    // That was slow: of a larger product each panel of 256 rows is a part of its own.
    const larger = productOf("float32", { m: 600, k: 3000, n: 5 });
    const { c, computeMs } = await engine.multiply(larger, never);
    expect(computeMs).toBe(3 * 2);
    expect(c).toEqual(plainProduct(larger));
  }));

test("memory is checked before any of it is taken", () =>
  withStub({}, async (engine) => {
    const calls = stub.calls();
    const product = { precision: "float64", m: 32768, k: 4096, n: 4096 } as const;
    const operands = { a: new Float64Array(32768 * 4096), b: new Float64Array(4096 * 4096) };
    const needed = 8 * (2 * 32768 * 4096 + 4096 * 4096);
    expect(await reasonOf(engine.multiply({ ...product, ...operands }, never))).toMatchObject({
      code: "engine_memory",
      // 1 GiB less the reserve of 64 MiB.
      message: `the product needs ${needed} bytes of the device, ${960 * 2 ** 20} are free`,
    });
    // Of two calls one makes the context current.
    expect(stub.calls() - calls).toBe(2);
  }));

describe("an abort", () => {
  test("before the start takes nothing", () =>
    withStub({}, async (engine) => {
      const calls = stub.calls();
      const product = productOf("float32", { m: 1, k: 1, n: 1 });
      expect(await reasonOf(engine.multiply(product, AbortSignal.abort("gone")))).toBe("gone");
      expect(stub.calls()).toBe(calls);
    }));

  test.each([1, 2, 5, 20, 60])("after %d turns frees everything, and the engine goes on", (turns) =>
    withStub({}, async (engine) => {
      const before = stub.live();
      const product = productOf("int8", { m: 300, k: 40, n: 300 });
      stub.slow(10);
      const abort = new AbortController();
      const multiplied = engine.multiply(product, abort.signal);
      const reason = reasonOf(multiplied);
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      abort.abort("gone");
      expect(await reason).toBe("gone");
      expect(stub.live()).toBe(before);
      stub.slow(0);
      expect((await engine.multiply(product, never)).c).toEqual(plainProduct(product));
    }),
  );
});

test("a device that never finishes is an error, not a wait for ever", async () => {
  const [engine] = await openStub();
  stub.slow(Number.POSITIVE_INFINITY);
  const product = productOf("float32", { m: 1, k: 1, n: 1 });
  expect(await reasonOf(engine!.multiply(product, never))).toMatchObject({
    code: "engine_failed",
    message: "the device has not answered for 30 s",
  });
  // Its memory cannot be had back: the driver itself would wait. It goes with the process.
  stub.reset();
});
