// IDENTITY: who this node is, where it is and which GPUs it has, signed with its key.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { z } from "zod";
import type { GpuStats } from "../src/core/gpu.ts";
import { type Challenger, LARGE_BYTES } from "./challenger.ts";

/** The Function Network's field names. */
interface WireGpu {
  name: string;
  driver_version: string | undefined;
  vram_total_mb: number | undefined;
  vram_used_mb: number | undefined;
  vram_free_mb: number | undefined;
  utilization_gpu_pct: number | undefined;
  utilization_mem_pct: number | undefined;
  unified_memory: boolean | undefined;
}

export interface IdentityResult {
  publicKey: string;
  ipAddress: string;
  signature: string;
  gpuStats: WireGpu[] | null;
}

export const identity: Challenger<unknown, IdentityResult> = {
  type: "IDENTITY",
  summary: "the node's address, public IP and GPU figures, signed",
  input: z.unknown(),
  limits: { timeoutMs: 15_000, concurrent: 8, bodyBytes: LARGE_BYTES },
  async run(_input, { identity: key, publicIp, gpus }, signal) {
    const [ip, found] = await Promise.all([publicIp(signal), gpus()]);
    return {
      publicKey: key.checksumAddress,
      ipAddress: ip,
      signature: Buffer.from(key.signDigest(identityDigest(key.publicKey, ip))).toString("base64"),
      gpuStats: found.length > 0 ? found.map(wireGpu) : null,
    };
  },
};

/** keccak256(uncompressed public key ‖ "." ‖ ip), raw: no EIP-191 prefix. */
export function identityDigest(publicKey: Uint8Array, ip: string): Uint8Array {
  return keccak_256(Buffer.concat([publicKey, Buffer.from(`.${ip}`, "ascii")]));
}

/** JSON leaves out what is undefined, so what is unknown stays absent on the wire. */
function wireGpu(gpu: GpuStats): WireGpu {
  return {
    name: gpu.name,
    driver_version: gpu.driverVersion,
    vram_total_mb: gpu.vramTotalMb,
    vram_used_mb: gpu.vramUsedMb,
    vram_free_mb: gpu.vramFreeMb,
    utilization_gpu_pct: gpu.utilizationGpuPct,
    utilization_mem_pct: gpu.utilizationMemPct,
    unified_memory: gpu.unifiedMemory,
  };
}
