import { beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hastyClock, openStub, reasonOf, stub, stubPath } from "../../../test/fakes/cuda-stub.ts";
import { never, plainProduct, productOf } from "../../../test/fakes/products.ts";
import { cublasNames } from "./cublas.ts";
import { driverNames } from "./driver.ts";
import { cudaFamily } from "./engine.ts";

beforeEach(() => stub.reset());

const openWith = (driver: readonly string[], cublas: readonly string[] = []) =>
  cudaFamily({ clock: hastyClock(), driver, cublas }).open({ threads: 0, softwareAdapter: false });

function closed(engines: Awaited<ReturnType<typeof openStub>>): void {
  for (const engine of engines) engine.close();
  expect({ report: stub.report(), live: stub.live() }).toEqual({ report: "", live: 0 });
}

describe("a missing engine says why", () => {
  test("no library", async () =>
    expect(await reasonOf(openWith(["libno-such-cuda.so.1", "/nowhere/libcuda.so"]))).toMatchObject({
      code: "engine_missing",
      message: expect.stringMatching(/^no CUDA engine: libno-such-cuda\.so\.1: cannot open [^;]*$/),
    }));

  test("a library that is there and cannot be loaded counts more than those that are not", async () =>
    expect(await reasonOf(openWith(["libno-such-cuda.so.1", import.meta.path]))).toMatchObject({
      code: "engine_missing",
      message: expect.stringContaining(import.meta.path),
    }));

  test("a library that is not the driver", async () =>
    expect(await reasonOf(openWith(process.platform === "linux" ? ["libc.so.6"] : []))).toMatchObject({
      code: "engine_missing",
    }));

  test("a system for which there is no driver", async () =>
    expect(await reasonOf(openWith(driverNames("darwin", {}), cublasNames("darwin", {})))).toMatchObject({
      code: "engine_missing",
      message: "no CUDA engine: the vendor has no library for this system",
    }));

  test("no device", async () => {
    stub.reset({ devices: 0 });
    expect(await reasonOf(openStub())).toMatchObject({
      code: "engine_missing",
      message: "no CUDA engine: cuInit answered CUDA_ERROR_NO_DEVICE",
    });
  });

  test("a device that is too old", async () => {
    stub.reset({ capability: 61 });
    expect(await reasonOf(openStub())).toMatchObject({
      code: "engine_missing",
      message: expect.stringMatching(/^no CUDA engine: device 0: compute capability 6\.1 of Stub GPU 0 is below 7\.0/),
    });
    expect(stub.live()).toBe(0);
  });
});

test("a device is described by what its driver tells", async () => {
  const engines = await openStub();
  expect(engines.map(({ kind, device }) => ({ kind, device }))).toEqual([
    {
      kind: "cuda",
      device: {
        name: "Stub GPU 0",
        api: "PTX",
        memoryBytes: 2 ** 30,
        computeCapability: "9.0",
        cudaCores: 256,
        cudaVersion: "12.4",
        driverVersion: undefined,
      },
    },
  ]);
  closed(engines);
});

test("the cores of a capability that came after us are not known", async () => {
  stub.reset({ capability: 171 });
  const engines = await openStub();
  expect(engines[0]?.device).toMatchObject({ computeCapability: "17.1", cudaCores: undefined });
  closed(engines);
});

test("each device has its own engine; they work at the same time", async () => {
  stub.reset({ devices: 3 });
  stub.slow(2);
  const engines = await openStub();
  expect(engines.map(({ device }) => device.name)).toEqual(["Stub GPU 0", "Stub GPU 1", "Stub GPU 2"]);
  const product = productOf("float32", { m: 200, k: 20, n: 30 });
  const results = await Promise.all(engines.map((engine) => engine.multiply(product, never)));
  for (const { c } of results) expect(c).toEqual(plainProduct(product));
  stub.slow(0);
  closed(engines);
});

describe("cuBLAS", () => {
  test("is named with its version, and with what it does not do", async () => {
    const engines = await openStub({ cublas: true });
    expect(engines[0]?.device.api).toBe("cuBLAS 12.4 for float32, else PTX");
    closed(engines);
  });

  test("that fails to start is not named", async () => {
    stub.cublasFails();
    const engines = await openStub({ cublas: true });
    expect(engines[0]?.device.api).toBe("PTX");
    closed(engines);
  });

  test("is looked for under several versions, and done without when there is none", async () => {
    const engines = await openWith([stubPath], ["libcublas.so.no", "libc.so.6"]);
    expect(engines[0]?.device.api).toBe("PTX");
    closed(engines);
  });
});

test("the vendors' names of the libraries; on Windows, where names are looked for in the working directory, as paths", () => {
  expect(driverNames("linux", {})).toEqual(["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"]);
  expect(driverNames("win32", { SystemRoot: "D:\\Win" })).toEqual(["D:\\Win\\System32\\nvcuda.dll"]);
  expect(driverNames("win32", {})).toEqual(["C:\\Windows\\System32\\nvcuda.dll"]);
  expect(cublasNames("linux", {})).toEqual(["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"]);
  expect(cublasNames("win32", {})).toEqual([]);
  expect(cublasNames("win32", { CUDA_PATH: "C:\\CUDA" }).slice(2)).toEqual([
    "C:\\CUDA\\bin\\x64\\cublas64_12.dll",
    "C:\\CUDA\\bin\\cublas64_12.dll",
    "C:\\CUDA\\bin\\x64\\cublas64_11.dll",
    "C:\\CUDA\\bin\\cublas64_11.dll",
  ]);
});

test("attack: a planted library in the working directory is not loaded", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fxn-planted-"));
  const home = process.cwd();
  copyFileSync(stubPath, join(folder, "libfxn-planted.so.1"));
  process.chdir(folder);
  try {
    expect(await reasonOf(openWith(["libfxn-planted.so.1"]))).toMatchObject({
      message: expect.stringContaining("libfxn-planted.so.1: cannot open shared object"),
    });
  } finally {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  }
});
