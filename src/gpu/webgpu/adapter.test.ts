import { expect, test } from "bun:test";
import { join } from "node:path";
import { environment, onSwiftShader } from "../../../test/fakes/webgpu-rig.ts";
import { findAdapter, refusalOf } from "./adapter.ts";
import { webgpu } from "./engine.ts";
import { withWebgpu } from "./library.ts";

const ENGINE = join(import.meta.dir, "engine.ts");

/** In a process of its own, as the engine lives in, with Vulkan as `environment` gives it. */
async function open(environment: Readonly<Record<string, string>>, softwareAdapter: boolean) {
  const code = `
    const { webgpu } = await import(${JSON.stringify(ENGINE)});
    try {
      const [engine] = await webgpu.open({ threads: 0, softwareAdapter: ${softwareAdapter} });
      console.log(engine.kind, engine.device.api);
      engine.close();
    } catch (error) {
      console.log(error.code, error.message);
    }
    console.log(Object.keys(globalThis).filter((name) => name.startsWith("GPU")).length, "globals");`;
  const child = Bun.spawn([process.execPath, "-e", code], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, errors, exit };
}

test("without a Vulkan driver there is no engine: the null backend, which answers zeros, is not taken for one", async () => {
  const { out, exit } = await open({ VK_ICD_FILENAMES: "/nowhere.json" }, true);
  expect(out).toContain("engine_missing WebGPU has no adapter here: no Vulkan driver answers");
  expect(exit).toBe(0);
});

test("Dawn's null adapter is refused by what it says of itself, were it ever offered", async () => {
  const wish = { powerPreference: "high-performance", backendType: "Null" } as const;
  const adapter = await withWebgpu((gpu) => gpu.requestAdapter(wish));
  if (!adapter) throw new Error("Dawn has no null adapter any more: this test has lost its object");
  expect(refusalOf(adapter.info, "Vulkan", true)).toBe('"null-backend" is not of Vulkan: it may compute nothing');
});

onSwiftShader("a software adapter", () => {
  test("is refused by name unless it is asked for", async () => {
    await expect(webgpu.open({ threads: 0, softwareAdapter: false })).rejects.toMatchObject({
      code: "engine_missing",
      message: expect.stringMatching(/"swiftshader[^"]*" computes on the CPU/),
    });
  });

  test("says that it is one when it is asked for", async () => {
    const { device } = await withWebgpu((gpu) => findAdapter(gpu, true));
    expect(device).toMatchObject({ api: "vulkan, software", memoryBytes: undefined, cudaCores: undefined });
    expect(device.name).toContain("swiftshader");
  });

  test("opens in a process of its own that prints nothing, keeps its globals and ends by itself", async () => {
    expect(await open(environment, true)).toEqual({ out: "webgpu vulkan, software\n0 globals\n", errors: "", exit: 0 });
  });
});
