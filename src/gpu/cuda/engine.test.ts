import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { openStub, stub } from "../../../test/fakes/cuda-stub.ts";
import { never, plainProduct, productOf } from "../../../test/fakes/products.ts";
import type { MatmulEngine } from "../engine.ts";

const SHAPES = [
  { m: 1, k: 1, n: 1 },
  { m: 128, k: 8, n: 128 },
  { m: 130, k: 70, n: 150 },
  { m: 3, k: 257, n: 129 },
  { m: 1100, k: 9, n: 200 },
];

beforeEach(() => stub.reset());
afterEach(() => expect({ report: stub.report(), live: stub.live() }).toEqual({ report: "", live: 0 }));

async function withEngine(use: (engine: MatmulEngine) => Promise<void>, options = {}): Promise<void> {
  const [engine] = await openStub(options);
  try {
    await use(engine!);
  } finally {
    engine!.close();
  }
}

describe.each(["float64", "float32", "int8"] as const)("a %s product", (precision) => {
  test.each(SHAPES)("of $m×$k and $k×$n is right", (shape) =>
    withEngine(async (engine) => {
      const product = productOf(precision, shape);
      const { c } = await engine.multiply(product, never);
      expect(c).toEqual(plainProduct(product));
    }),
  );
});
