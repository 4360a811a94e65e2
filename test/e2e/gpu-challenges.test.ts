// The matrix challenges on a GPU, through the compiled binary: SwiftShader stands in for one.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { environment } from "../fakes/webgpu-rig.ts";
import { ask, goHash, matrix, multiply, PRODUCT, prove, refusal, times } from "./matrix.ts";
import { openWorld, type World } from "./world.ts";

const there = Object.keys(environment).length > 0;
const name = there ? "a GPU" : "a GPU (no SwiftShader here)";
describe.skipIf(!there)(name, () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ config: { challenges: { softwareAdapter: true } }, run: { env: environment } });
  });
  afterAll(() => world.close());

  test("is used where it is named, and reported as what ran", async () => {
    for (const backend of ["gpu", "webgpu"]) {
      const [A, B] = [matrix(20, 30), matrix(30, 40)];
      const told = await multiply(world, { A, B, backend, precision: "float32" });
      expect(told).toMatchObject({ backend: "webgpu", merkleRoot: goHash(times(A, B)), C: times(A, B) });
      expect(told.device).toContain("swiftshader");
    }
    const size = { m: 100, k: 200, n: 300, backend: "gpu" };
    expect(await prove(world, size)).toEqual({ backend: "webgpu", fault: undefined });
    // An adapter in software takes its time to open, and more beside other tests.
  }, 240_000);

  test("what it cannot do is refused, and auto takes who can", async () => {
    expect(await refusal(await ask(world, PRODUCT, { size: 8, backend: "gpu" }))).toBe(
      "400 engine_precision: payload.backend: gpu on this node has no float64",
    );
    expect((await multiply(world, { size: 8 })).backend).toBe("cpu");
  });
});
