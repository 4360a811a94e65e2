import wasm from "../../dist/native/matrix-wasm.bin" with { type: "file" };
import { engineConformance } from "../../test/conformance/engines.ts";
import { loadKernels } from "../matrix/load.ts";
import { wasmKernels } from "../matrix/wasm-kernels.ts";
import { cpuEngine } from "./cpu.ts";

engineConformance("cpu", async () => cpuEngine((await loadKernels()).kernels, 0));
engineConformance("cpu, by WebAssembly", async () => cpuEngine(await wasmKernels(await Bun.file(wasm).bytes()), 0));
