import { afterAll, describe, expect, test } from "bun:test";
import { exactRows, never, ODD_SHAPES, plainProduct, productOf } from "../../../test/fakes/products.ts";
import { systemClock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Product } from "../../matrix/kernels.ts";
import type { MatmulEngine } from "../engine.ts";
import { cublasNames } from "./cublas.ts";
import { driverNames } from "./driver.ts";
import { cudaFamily } from "./engine.ts";

/** The first device, or why there is none. */
async function open(cublas: readonly string[]): Promise<MatmulEngine | string> {
  const driver = driverNames(process.platform, process.env);
  try {
    const family = cudaFamily({ clock: systemClock, driver, cublas });
    const [engine, ...others] = await family.open({ threads: 0, softwareAdapter: false });
    for (const other of others) other.close();
    return engine ?? "no engine";
  } catch (error) {
    return messageOf(error);
  }
}

const ours = await open([]);
const theirs = await open(cublasNames(process.platform, process.env));
const engines = [ours, theirs].filter((engine) => typeof engine !== "string");
const skipped = typeof ours === "string" ? ` (skipped: ${ours})` : "";
const cublas = typeof theirs !== "string" && theirs.device.api !== "PTX";

afterAll(() => {
  for (const engine of engines) engine.close();
});

describe(`on the GPU of this machine${skipped}`, () => {
  test.skipIf(engines.length === 0)("products in every precision are right", async () => {
    for (const engine of engines)
      for (const precision of engine.precisions)
        for (const shape of ODD_SHAPES) {
          const product = productOf(precision, shape);
          expect((await engine.multiply(product, never)).c).toEqual(plainProduct(product));
        }
  });

  test.skipIf(engines.length === 0)(
    "a proof of 16,384³ is right",
    async () => {
      const [engine] = engines;
      const spec = { seed: new Uint8Array(32).fill(7), k: 16384, n: 16384, maxRows: 2048 };
      const exact = await engine!.exact(spec, never);
      for (let first = 0; first < 16384; first += spec.maxRows) {
        const indices = Uint32Array.from({ length: spec.maxRows }, (_, i) => first + i);
        const { values } = await exact.rows(indices, never);
        // One row of each batch: by the definition of the entries that takes a while.
        const row = first / 8;
        const sample = values.subarray(row * spec.n, (row + 1) * spec.n);
        expect(sample).toEqual(exactRows(spec, indices.subarray(row, row + 1)));
      }
      exact.close();
    },
    600_000,
  );

  test.skipIf(!cublas).each([4096, 8192])(
    "our float32 kernel has half the speed of cuBLAS or more, at %d³",
    async (size) => {
      const product = productOf("float32", { m: size, k: size, n: size });
      const [own, vendor] = [await shortest(engines[0]!, product), await shortest(engines[1]!, product)];
      expect(vendor / own).toBeGreaterThanOrEqual(0.5);
    },
    600_000,
  );
});

/** Of five, in milliseconds; the first also warms the device up. */
async function shortest(engine: MatmulEngine, product: Product): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push((await engine.multiply(product, never)).computeMs);
  return Math.min(...times);
}
