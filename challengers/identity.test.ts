import { describe, expect, test } from "bun:test";
import type { GpuStats } from "../src/core/gpu.ts";
import { challengerConformance } from "../test/conformance/challengers.ts";
import { challengeContext, openChallenges } from "../test/fakes/challenges.ts";
import vectors from "../test/vectors/function.json";
import { identity, identityDigest } from "./identity.ts";

const { identityChallenge, keys } = vectors;
const signal = new AbortController().signal;

challengerConformance(identity, {
  context: challengeContext(),
  // Anything at all: there is no bad one.
  good: [{}, null, undefined, "x", [1, { a: 2 }]],
  bad: [],
});

describe("IDENTITY", () => {
  test("the vector of the network, byte for byte", async () => {
    const digest = identityDigest(Buffer.from(keys.node.publicKeyUncompressed, "hex"), identityChallenge.ip);
    expect(Buffer.from(digest).toString("hex")).toBe(identityChallenge.digest);
    expect(await openChallenges([identity]).run("IDENTITY", {}, signal)).toEqual({
      publicKey: identityChallenge.publicKeyField,
      ipAddress: identityChallenge.ip,
      signature: identityChallenge.signatureBase64,
      gpuStats: null,
    });
  });

  test("GPU figures under the network's names; what is not known is not there", async () => {
    const gpu: GpuStats = {
      name: "NVIDIA H200",
      vendor: "nvidia",
      driverVersion: undefined,
      vramTotalMb: 143771,
      vramUsedMb: undefined,
      vramFreeMb: undefined,
      utilizationGpuPct: 0,
      utilizationMemPct: undefined,
      unifiedMemory: undefined,
    };
    const context = challengeContext({ gpus: async () => [gpu] });
    const result = await openChallenges([identity], { context }).run("IDENTITY", null, signal);
    expect(JSON.parse(JSON.stringify(result)).gpuStats).toEqual([
      { name: "NVIDIA H200", vram_total_mb: 143771, utilization_gpu_pct: 0 },
    ]);
  });
});
