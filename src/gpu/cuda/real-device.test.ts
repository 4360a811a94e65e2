import { describe, expect, test } from "bun:test";
import { engineConformance } from "../../../test/conformance/engines.ts";
import { openCudaDevice } from "../../../test/fakes/cuda-device.ts";
import { exactRows, never } from "../../../test/fakes/products.ts";
import { cublasNames } from "./cublas.ts";

const ours = await openCudaDevice([]);
const theirs = await openCudaDevice(cublasNames(process.platform, process.env));
const engines = [ours, theirs].filter((engine) => typeof engine !== "string");
const skipped = typeof ours === "string" ? ` (skipped: ${ours})` : "";

describe(`on the GPU of this machine${skipped}`, () => {
  for (const [at, engine] of engines.entries())
    engineConformance(`cuda by ${engine.device.api}, ${at}`, async () => engine);

  test.skipIf(engines.length === 0)(
    "a proof of 16,384³ is right",
    async () => {
      // The conformance suite has closed the others.
      const engine = await openCudaDevice([]);
      if (typeof engine === "string") throw new Error(engine);
      const spec = { seed: new Uint8Array(32).fill(7), k: 16384, n: 16384, maxRows: 2048 };
      const exact = await engine.exact(spec, never);
      for (let first = 0; first < 16384; first += spec.maxRows) {
        const indices = Uint32Array.from({ length: spec.maxRows }, (_, i) => first + i);
        const { values } = await exact.rows(indices, never);
        // One row of each batch: by the definition of the entries that takes a while.
        const row = first / 8;
        const sample = values.subarray(row * spec.n, (row + 1) * spec.n);
        expect(sample).toEqual(exactRows(spec, indices.subarray(row, row + 1)));
      }
      exact.close();
      engine.close();
    },
    600_000,
  );
});
