// Loads the kernels once for the process: the native library, and WebAssembly where that cannot be loaded.
import { availableParallelism } from "node:os";
import library from "../../dist/native/matrix.bin" with { type: "file" };
import wasm from "../../dist/native/matrix-wasm.bin" with { type: "file" };
import { messageOf } from "../core/errors.ts";
import type { Kernels } from "./kernels.ts";
import { nativeKernels } from "./native-kernels.ts";
import { wasmKernels } from "./wasm-kernels.ts";

export interface Loaded {
  readonly kernels: Kernels;
  /** Why it is WebAssembly; undefined for the native library. */
  readonly fallback: string | undefined;
}

let loaded: Promise<Loaded> | undefined;

export function loadKernels(): Promise<Loaded> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Loaded> {
  try {
    return { kernels: nativeKernels(await Bun.file(library).bytes(), availableParallelism()), fallback: undefined };
  } catch (error) {
    return { kernels: await wasmKernels(await Bun.file(wasm).bytes()), fallback: messageOf(error) };
  }
}
