import { readFileSync } from "node:fs";
import library from "../../dist/native/secp256k1.bin" with { type: "file" };
import wasm from "../../dist/native/secp256k1-wasm.bin" with { type: "file" };
import { tierConformance } from "../../test/conformance/signatures.ts";
import { nativeTier } from "./native-tier.ts";
import { nobleTier } from "./noble-tier.ts";
import { wasmTier } from "./wasm-tier.ts";

tierConformance("the native library", () => nativeTier(readFileSync(library)));
tierConformance("WebAssembly", () => wasmTier(new Uint8Array(readFileSync(wasm))));
tierConformance("noble", () => nobleTier);
