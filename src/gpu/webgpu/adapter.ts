// Finds the adapter to compute on, says what it is, and refuses one that is no GPU.
import type { ComputeDevice } from "../../core/compute.ts";
import { EngineError } from "../../core/compute.ts";
import { messageOf } from "../../core/errors.ts";

/** Numbers of Dawn's webgpu.h; bun-webgpu passes them on in the info, past its types. */
const BACKENDS = { D3D12: 4, Metal: 5, Vulkan: 6 } as const;
const ADAPTER_TYPE_CPU = 3;

type Backend = keyof typeof BACKENDS;

/** By name: asked for any backend, Dawn falls back to one that answers zeros. */
const ON_SYSTEM: Readonly<Record<string, readonly Backend[]>> = {
  linux: ["Vulkan"],
  darwin: ["Metal"],
  win32: ["D3D12", "Vulkan"],
};

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic[ -]render/i;

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly device: ComputeDevice;
}

/** The fastest adapter by Dawn's judgement. @throws EngineError "engine_missing" that says what there is instead */
export async function findAdapter(gpu: GPU, softwareAdapter: boolean): Promise<FoundAdapter> {
  const refused: string[] = [];
  for (const backendType of ON_SYSTEM[process.platform] ?? []) {
    const wish = { powerPreference: "high-performance", backendType } as const;
    const adapter = await gpu.requestAdapter(wish).catch(messageOf);
    if (!adapter || typeof adapter === "string") {
      refused.push(adapter ?? `no ${backendType} driver answers`);
      continue;
    }
    const refusal = refusalOf(adapter.info, backendType, softwareAdapter);
    if (!refusal) return { adapter, device: deviceOf(adapter.info, backendType) };
    refused.push(refusal);
  }
  throw new EngineError(
    "engine_missing",
    503,
    `WebGPU has no adapter here: ${refused.join("; ") || "unknown system"}`,
    {
      hint: "install the GPU's driver with Vulkan support (on Linux with its loader, libvulkan1), or choose another engine",
    },
  );
}

/** Why this adapter is not computed on, if it is not. */
export function refusalOf(info: GPUAdapterInfo, backend: Backend, softwareAdapter: boolean): string | undefined {
  if (detail(info, "backendType") !== BACKENDS[backend])
    return `"${nameOf(info)}" is not of ${backend}: it may compute nothing`;
  if (isSoftware(info) && !softwareAdapter) return `"${nameOf(info)}" computes on the CPU`;
  return undefined;
}

function deviceOf(info: GPUAdapterInfo, backend: Backend): ComputeDevice {
  const api = backend.toLowerCase();
  return {
    name: nameOf(info),
    api: isSoftware(info) ? `${api}, software` : api,
    // WebGPU tells limits of buffers, not how much memory there is.
    memoryBytes: undefined,
    computeCapability: undefined,
    cudaCores: undefined,
    cudaVersion: undefined,
    // Vulkan: "NVIDIA: 535.183.01"; D3D12: "D3D12 driver version 31.0.15.3623"; Metal gives the system's version instead.
    driverVersion: backend === "Metal" ? undefined : info.description.match(/\d+(?:\.\d+)+/)?.[0],
  };
}

/** As bun-webgpu spells it: lower case, with dashes. */
function nameOf(info: GPUAdapterInfo): string {
  return info.device || info.description || info.vendor || "an adapter without a name";
}

function isSoftware(info: GPUAdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || detail(info, "adapterType") === ADAPTER_TYPE_CPU || SOFTWARE.test(names);
}

function detail(info: GPUAdapterInfo, name: string): unknown {
  return Object.entries(info).find(([key]) => key === name)?.[1];
}
