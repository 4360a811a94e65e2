import { describe, expect, test } from "bun:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { Registry } from "prom-client";
import { z } from "zod";
import { FxnError } from "../src/core/errors.ts";
import type { GpuStats } from "../src/core/gpu.ts";
import { challengeMetrics } from "../src/observe/metrics/challenge.ts";
import { FakeClock } from "../test/fakes/clock.ts";
import { FakeLog } from "../test/fakes/log.ts";
import vectors from "../test/vectors/function.json";
import type { ChallengeContext, Challenger } from "./challenger.ts";
import { identityDigest } from "./identity.ts";
import { CHALLENGERS } from "./index.ts";
import { createPublicIp } from "./public-ip.ts";
import { createChallenges } from "./run-challenge.ts";

const { identityChallenge, keys } = vectors;
const signal = new AbortController().signal;

function context(gpus: GpuStats[] = []): ChallengeContext {
  return {
    identity: {
      checksumAddress: keys.node.address,
      publicKey: Buffer.from(keys.node.publicKeyUncompressed, "hex"),
      signDigest(digest) {
        const key = Buffer.from(keys.node.privateKey, "hex");
        const recovered = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
        return Buffer.concat([recovered.subarray(1), recovered.subarray(0, 1)]);
      },
    },
    publicIp: async () => identityChallenge.ip,
    gpus: async () => gpus,
  };
}

function challenges(challengers: readonly Challenger<unknown, unknown>[], clock = new FakeClock(), gpus?: GpuStats[]) {
  const metrics = challengeMetrics(new Registry());
  return createChallenges({ challengers, context: context(gpus), clock, log: new FakeLog(), metrics });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof FxnError ? `${error.status} ${error.code}: ${error.message}` : String(error);
}

describe("IDENTITY", () => {
  test("the vector of the network, byte for byte", async () => {
    const digest = identityDigest(Buffer.from(keys.node.publicKeyUncompressed, "hex"), identityChallenge.ip);
    expect(Buffer.from(digest).toString("hex")).toBe(identityChallenge.digest);
    expect(await challenges(CHALLENGERS).run("IDENTITY", {}, signal)).toEqual({
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
    const result = await challenges(CHALLENGERS, new FakeClock(), [gpu]).run("IDENTITY", null, signal);
    expect(JSON.parse(JSON.stringify(result)).gpuStats).toEqual([
      { name: "NVIDIA H200", vram_total_mb: 143771, utilization_gpu_pct: 0 },
    ]);
  });
});

describe("running a challenge", () => {
  const slow: Challenger<unknown, unknown> = {
    type: "SLOW",
    summary: "",
    input: z.strictObject({ size: z.int().max(8) }),
    limits: { timeoutMs: 1000, concurrent: 1 },
    run: () => new Promise(() => {}),
  };

  test("an unknown type is 400 and says which are known", async () => {
    expect(await refusal(challenges(CHALLENGERS).run("NOPE", {}, signal))).toBe(
      "400 challenge_unknown: unknown challenge type; this node answers IDENTITY",
    );
  });

  test("a payload at fault is 400 and says which field", async () => {
    expect(await refusal(challenges([slow]).run("SLOW", { size: 9 }, signal))).toStartWith(
      "400 challenge_payload: payload.size: ",
    );
  });

  test("a busy challenger is 429 with Retry-After, and free again after its time limit", async () => {
    const clock = new FakeClock();
    const port = challenges([slow], clock);
    const first = refusal(port.run("SLOW", { size: 1 }, signal));
    expect(await refusal(port.run("SLOW", { size: 1 }, signal))).toStartWith("429 challenge_busy");
    await clock.advance(1000);
    expect(await first).toBe("500 challenge_timeout: SLOW took longer than 1000 ms");
    const third = refusal(port.run("SLOW", { size: 1 }, signal));
    await clock.advance(1000);
    expect(await third).toStartWith("500 challenge_timeout");
  });

  test("what a challenger throws is 500 and not shown to the caller", async () => {
    const broken = { ...slow, input: z.unknown(), run: () => Promise.reject(new Error("secret path")) };
    expect(await refusal(challenges([broken]).run("SLOW", 1, signal))).toBe("500 challenge_failed: SLOW failed");
  });
});

describe("public IP", () => {
  const ports = { publicIp: undefined, publicIpUrl: "http://ip.example/" };

  test("the configured one is answered as it is; none configured says what to set", async () => {
    const fetchText = () => Promise.reject(new Error("not asked"));
    const clock = new FakeClock();
    expect(await createPublicIp({ ...ports, publicIp: "203.0.113.7", fetchText, clock })(signal)).toBe("203.0.113.7");
    const none = createPublicIp({ ...ports, publicIpUrl: undefined, fetchText, clock });
    expect(await refusal(none(signal))).toStartWith("500 public_ip_unknown");
  });

  test("asked once in ten minutes, kept when the service is gone, refused when it answers no IP", async () => {
    const clock = new FakeClock();
    const answers: (string | Error)[] = ["198.51.100.4\n", new Error("gone"), "2001:db8::1"];
    let asked = 0;
    const fetchText = async () => {
      const answer = answers[asked++] ?? "<html>";
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const publicIp = createPublicIp({ ...ports, fetchText, clock });
    expect([await publicIp(signal), await publicIp(signal)]).toEqual(["198.51.100.4", "198.51.100.4"]);
    await clock.advance(10 * 60_000);
    expect(await publicIp(signal)).toBe("198.51.100.4");
    expect(await publicIp(signal)).toBe("2001:db8::1");
    expect(asked).toBe(3);
    expect(await refusal(createPublicIp({ ...ports, fetchText, clock })(signal))).toStartWith("500 public_ip_unknown");
  });
});
