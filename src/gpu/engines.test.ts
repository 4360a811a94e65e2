import { describe, expect, test } from "bun:test";
import type { EngineKind, Precision } from "../core/compute.ts";
import { EngineError } from "../core/compute.ts";
import { cpuEngines } from "./cpu.ts";
import type { EngineFamily, MatmulEngine } from "./engine.ts";
import { backendOf, Engines, type MissingEngine } from "./engines.ts";

const OPTIONS = { threads: 1, softwareAdapter: false };
const [cpu] = await cpuEngines.open(OPTIONS);
if (!cpu) throw new Error("no CPU engine");

const engine = (
  kind: EngineKind,
  api: string,
  precisions: readonly Precision[],
  change: Partial<MatmulEngine> = {},
): MatmulEngine => ({
  ...cpu,
  kind,
  device: { ...cpu.device, api },
  precisions,
  ...change,
});
const family = (kind: EngineKind, ...engines: MatmulEngine[]): EngineFamily => ({ kind, open: async () => engines });
const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof EngineError) return `${error.status} ${error.code}: ${error.message}`;
  }
  return "no refusal";
};

async function opened(families: readonly EngineFamily[]) {
  const engines = new Engines();
  const missing: MissingEngine[] = [];
  for (const one of families) missing.push(...(await engines.open(one, OPTIONS)));
  return Object.assign(engines, { missing });
}

describe("engines", () => {
  test("auto takes the first that can; a GPU without float64 leaves that to the next", async () => {
    const engines = await opened([
      family("webgpu", engine("webgpu", "vulkan", ["float32", "int8"])),
      family("cpu", cpu),
    ]);
    expect(engines.missing).toEqual([]);
    expect([engines.pick("auto", "float32").kind, engines.pick("auto", "float64").kind]).toEqual(["webgpu", "cpu"]);
    expect(refusal(() => engines.pick("gpu", "float64"))).toBe(
      "400 engine_precision: payload.backend: gpu on this node has no float64",
    );
  });

  test("a named engine that is missing is an error, never a quiet fallback", async () => {
    const engines = await opened([family("cpu", cpu)]);
    for (const name of ["gpu", "cuda", "webgpu", "metal"] as const)
      expect(refusal(() => engines.pick(name, "float32"))).toBe(
        `400 engine_missing: payload.backend: there is no ${name} on this node; it has cpu`,
      );
  });

  test("metal is WebGPU on Metal, and is reported as that", async () => {
    const metal = engine("webgpu", "metal", ["float32", "int8"]);
    const engines = await opened([family("webgpu", metal)]);
    expect([engines.pick("metal", "int8"), engines.pick("webgpu", "int8"), engines.pick("gpu", "int8")]).toEqual([
      metal,
      metal,
      metal,
    ]);
    expect([backendOf(metal), backendOf(cpu)]).toEqual(["metal", "cpu"]);
    expect(refusal(() => engines.pick("cuda", "int8"))).toContain("it has metal");
  });

  test("a null device that answers zeros is found out and not offered", async () => {
    let closed = 0;
    const zeros = engine("webgpu", "null", ["float32"], {
      multiply: async ({ m, n }) => ({ c: new Float32Array(m * n), computeMs: 0.001 }),
      close: () => closed++,
    });
    const engines = await opened([family("webgpu", zeros), family("cpu", cpu)]);
    expect(engines.all()).toEqual([cpu]);
    expect(engines.missing[0]?.why).toContain("multiplied wrongly in float32");
    expect(closed).toBe(1);
  });

  test("a device that is right but for the proof is not offered either", async () => {
    const liar = engine("cuda", "PTX", ["int8"], {
      exact: async () => ({
        rows: async (rows) => ({ values: new Int32Array(rows.length * 131), computeMs: 1 }),
        close: () => {},
      }),
    });
    const engines = await opened([family("cuda", liar)]);
    expect(engines.missing[0]?.why).toContain("the exact proof");
    expect(refusal(() => engines.pick("auto", "int8"))).toContain("it has none");
  });

  test("a family that cannot be opened says why, and the others work", async () => {
    const broken: EngineFamily = {
      kind: "cuda",
      open: () => Promise.reject(new EngineError("engine_missing", 400, "no driver")),
    };
    const engines = await opened([broken, family("cpu", cpu)]);
    expect(engines.missing).toEqual([{ kind: "cuda", why: "no driver" }]);
    expect(engines.pick("auto", "int8")).toBe(cpu);
  });
});
