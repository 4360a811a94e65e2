import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import {
  countBuffers,
  onSwiftShader,
  openDevice,
  product,
  signal,
  withBuffers,
} from "../../../test/fakes/webgpu-rig.ts";
import vectors from "../../../test/vectors/proof.json";
import { rowOf, streamOf } from "../../matrix/philox.ts";
import type { MatmulEngine } from "../engine.ts";
import type { Device } from "./device.ts";
import { webgpu } from "./engine.ts";
import { openExact } from "./exact.ts";
import { int8Kernel } from "./gemm-kernel.ts";
import { Kernel } from "./kernel.ts";
import { multiplyOn } from "./multiply.ts";
import { philoxKernel } from "./philox-kernel.ts";

const SEED = new Uint8Array(32).fill(7);
/** Every int8 from −128 on, again and again. */
const bytes = (length: number, step: number) => Int8Array.from({ length }, (_, i) => ((i * step) % 256) - 128);
const halves = (length: number, step: number) => Float32Array.from({ length }, (_, i) => ((i * step) % 33) / 2 - 8);

function exactRow(row: number, k: number, n: number): number[] {
  const b = new Int8Array(k * n);
  for (let i = 0; i < k; i++) b.set(rowOf(streamOf(SEED, "B"), i, n), i * n);
  return product(rowOf(streamOf(SEED, "A"), row, k), b, 1, k, n);
}

onSwiftShader("the webgpu engine", () => {
  let engine: MatmulEngine;
  beforeAll(async () => {
    [engine] = (await webgpu.open({ threads: 0, softwareAdapter: true })) as [MatmulEngine];
  });
  afterAll(() => engine.close());

  test("multiplies float32 and int8 of any shape as plain JavaScript does", async () => {
    const size = fc.integer({ min: 1, max: 90 });
    await fc.assert(
      fc.asyncProperty(size, size, size, async (m, k, n) => {
        const [a, b] = [halves(m * k, 7), halves(k * n, 5)];
        const { c, computeMs } = await engine.multiply({ precision: "float32", m, k, n, a, b }, signal);
        expect([...c]).toEqual(product(a, b, m, k, n));
        expect(c).toBeInstanceOf(Float32Array);
        expect(computeMs).toBeGreaterThan(0);
        const [x, y] = [bytes(m * k, 7), bytes(k * n, 11)];
        const exact = await engine.multiply({ precision: "int8", m, k, n, a: x, b: y }, signal);
        expect([...exact.c]).toEqual(product(x, y, m, k, n));
        expect(exact.c).toBeInstanceOf(Int32Array);
      }),
      {
        numRuns: 12,
        examples: [
          [1, 1, 1],
          [64, 64, 64],
          [65, 65, 65],
          [1, 90, 1],
        ],
      },
    );
  });

  test("is exact in int8 where entries are largest", async () => {
    const k = 1000;
    const [a, b] = [new Int8Array(k).fill(-128), new Int8Array(2 * k).map((_, i) => (i % 2 ? 127 : -128))];
    const { c } = await engine.multiply({ precision: "int8", m: 1, k, n: 2, a, b }, signal);
    expect([...c]).toEqual([16_384 * k, -16_256 * k]);
  });

  test("keeps NaN and infinity in the rows and columns where they are", async () => {
    const a = Float32Array.of(Number.NaN, 1, 2, 3);
    const b = Float32Array.of(Number.POSITIVE_INFINITY, 1, 1, 1);
    const { c } = await engine.multiply({ precision: "float32", m: 2, k: 2, n: 2, a, b }, signal);
    expect([...c]).toEqual([Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 5]);
  });

  test("refuses float64, which WGSL does not have", async () => {
    const a = new Float64Array(1);
    const refused = engine.multiply({ precision: "float64", m: 1, k: 1, n: 1, a, b: a }, signal);
    await expect(refused).rejects.toMatchObject({ code: "engine_precision" });
    expect(engine.precisions).toEqual(["float32", "int8"]);
  });

  for (const { seed, m, k, n, C_row0, openings } of vectors.proofs) {
    test(`gives the rows of the proof vector ${m}x${k}x${n}`, async () => {
      const exact = await engine.exact({ seed: Buffer.from(seed, "hex"), k, n, maxRows: m }, signal);
      const indices = Uint32Array.from([0, ...openings.map(({ index }) => index)]);
      const { values } = await exact.rows(indices, signal);
      expect([...values.subarray(0, C_row0.length)]).toEqual(C_row0);
      for (const [i, opening] of openings.entries()) {
        const row = values.subarray((i + 1) * n, (i + 2) * n);
        expect(Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("base64")).toBe(opening.values);
      }
      exact.close();
    });
  }

  test("gives the rows of a proof in the order asked for, more than a panel of them, and again", async () => {
    const [k, n] = [33, 5];
    const exact = await engine.exact({ seed: SEED, k, n, maxRows: 1 }, signal);
    const indices = Uint32Array.from({ length: 70 }, (_, i) => 32_767 - 3 * i);
    const wanted = [...indices].flatMap((index) => exactRow(index, k, n));
    for (let again = 0; again < 2; again++) {
      const { values, computeMs } = await exact.rows(indices, signal);
      expect([...values]).toEqual(wanted);
      expect(computeMs).toBeGreaterThan(0);
    }
    exact.close();
  });

  test("leaves nothing behind: a hundred products do not make the process larger", async () => {
    const [m, k, n] = [64, 1024, 64];
    const [a, b] = [halves(m * k, 3), halves(k * n, 3)];
    const resident = async (products: number) => {
      for (let i = 0; i < products; i++) await engine.multiply({ precision: "float32", m, k, n, a, b }, signal);
      Bun.gc(true);
      return process.memoryUsage.rss();
    };
    const before = await resident(25);
    // Each has 0.6 MB of buffers while it runs: 60 MB if they stayed. Other tests' garbage is in the same process.
    expect((await resident(100)) - before).toBeLessThan(30e6);
  });

  test("takes no call once it is closed", async () => {
    const [other] = await webgpu.open({ threads: 0, softwareAdapter: true });
    other?.close();
    const a = new Int8Array(1);
    await expect(other?.multiply({ precision: "int8", m: 1, k: 1, n: 1, a, b: a }, signal)).rejects.toMatchObject({
      code: "engine_failed",
      message: "the engine is closed",
    });
  });
});

/** By the kernel for a WGSL without packed dot products, which the engine above does not use here. */
onSwiftShader("the parts of the webgpu engine", () => {
  const [m, k, n] = [70, 100, 200];
  const [a, b] = [bytes(m * k, 7), bytes(k * n, 11)];
  const small = { precision: "int8", m, k, n, a, b } as const;
  let device: Device;
  let gemm: Kernel;
  beforeAll(async () => {
    device = await openDevice();
    gemm = await Kernel.compile(device, int8Kernel(false));
  });
  afterAll(() => device.close());

  test("multiply int8 without packed dot products, to the same bits", async () => {
    const { c } = await multiplyOn(device, gemm, small, signal);
    expect([...c]).toEqual(product(a, b, m, k, n));
  });

  // One tile of columns of B takes 64 × 128 bytes here.
  test("cut B into panels of columns where buffers are small", () =>
    withBuffers(device, 64 * 128, async () => {
      const { c } = await multiplyOn(device, gemm, small, signal);
      expect([...c]).toEqual(product(a, b, m, k, n));

      const philox = await Kernel.compile(device, philoxKernel);
      const alive = countBuffers(device);
      const exact = await openExact(device, { gemm, philox }, { seed: SEED, k, n, maxRows: 2 }, signal);
      const { values } = await exact.rows(Uint32Array.of(9, 4), signal);
      expect([...values]).toEqual([...exactRow(9, k, n), ...exactRow(4, k, n)]);
      exact.close();
      expect(alive()).toBe(0);
    }));

  test("refuse what small buffers cannot hold", () =>
    withBuffers(device, 64 * 64, async () => {
      const refused = multiplyOn(device, gemm, small, signal);
      await expect(refused).rejects.toMatchObject({ code: "engine_memory" });
    }));

  test("see an abort after the slice under way, and free all buffers", async () => {
    const size = 512;
    const x = bytes(size * size, 3);
    const large = { precision: "int8", m: size, k: size, n: size, a: x, b: x } as const;
    const alive = countBuffers(device);
    const stop = new AbortController();
    const reason = new Error("the caller has gone");
    let slices = 0;
    const run = device.stopwatch.run.bind(device.stopwatch);
    device.stopwatch.run = (record) => {
      slices++;
      stop.abort(reason);
      return run(record);
    };
    await expect(device.call(stop.signal, () => multiplyOn(device, gemm, large, stop.signal))).rejects.toBe(reason);
    expect({ slices, alive: alive() }).toEqual({ slices: 1, alive: 0 });

    const { c } = await device.call(signal, () => multiplyOn(device, gemm, large, signal));
    expect([...c.subarray(0, size)]).toEqual(product(x, x, 1, size, size));
    expect(slices).toBeGreaterThan(2);
    expect(alive()).toBe(0);
  });
});
