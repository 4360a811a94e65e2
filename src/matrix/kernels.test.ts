// The kernels in both their forms, and what is done where the library cannot be loaded.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import library from "../../dist/native/matrix.bin" with { type: "file" };
import wasm from "../../dist/native/matrix-wasm.bin" with { type: "file" };
import { kernelsConformance } from "../../test/conformance/kernels.ts";
import { loadKernels } from "./load.ts";
import { nativeKernels } from "./native-kernels.ts";
import { wasmKernels } from "./wasm-kernels.ts";

kernelsConformance("native kernels", async () => nativeKernels(await Bun.file(library).bytes(), 2));
kernelsConformance("WebAssembly kernels", async () => wasmKernels(await Bun.file(wasm).bytes()));

test("this machine loads the native library, and leaves no file behind", async () => {
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("fxn-native-")).length;
  const before = left();
  const { kernels, fallback } = await loadKernels();
  nativeKernels(await Bun.file(library).bytes(), 1);
  expect(left()).toBe(before);
  expect(fallback).toBeUndefined();
  expect(kernels.simd).toBeOneOf(["sse2", "avx2", "avx512", "neon", "neon_dotprod"]);
});

test("bytes that are no library say where they could not be loaded from", () => {
  expect(() => nativeKernels(new Uint8Array(100), 1)).toThrow("the native library could not be loaded from");
});
