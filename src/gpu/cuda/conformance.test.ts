import { expect, test } from "bun:test";
import { engineConformance } from "../../../test/conformance/engines.ts";
import { openStub, stub, withStub } from "../../../test/fakes/cuda-stub.ts";
import { never, productOf } from "../../../test/fakes/products.ts";

for (const cublas of [false, true]) {
  engineConformance(`cuda on its stub driver, ${cublas ? "with" : "without"} cuBLAS`, async () => {
    stub.reset();
    const [engine] = await openStub({ cublas });
    if (!engine) throw new Error("the stub has no device");
    return engine;
  });
}

test("100 products and proofs in a row leave nothing on the device", () => {
  stub.reset();
  return withStub({}, async (engine) => {
    const before = stub.live();
    for (let i = 0; i < 100; i++) {
      await engine.multiply(productOf(engine.precisions[i % 3] ?? "int8", { m: 20, k: 9, n: 30 }), never);
      const exact = await engine.exact({ seed: new Uint8Array(32).fill(i), k: 40, n: 20, maxRows: 2 }, never);
      await exact.rows(Uint32Array.of(1, 5), never);
      exact.close();
    }
    expect([stub.live(), stub.report()]).toEqual([before, ""]);
  });
});
