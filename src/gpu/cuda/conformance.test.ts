import { engineConformance } from "../../../test/conformance/engines.ts";
import { openStub, stub } from "../../../test/fakes/cuda-stub.ts";

for (const cublas of [false, true]) {
  engineConformance(`cuda on its stub driver, ${cublas ? "with" : "without"} cuBLAS`, async () => {
    stub.reset();
    const [engine] = await openStub({ cublas });
    if (!engine) throw new Error("the stub has no device");
    return engine;
  });
}
