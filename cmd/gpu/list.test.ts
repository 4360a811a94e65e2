import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gpuTable, sourceLines } from "./list.ts";

const VECTORS = join(import.meta.dir, "../../test/vectors/gpu");

describe("what is shown", () => {
  test("a line per device, and - for what nobody tells", () => {
    const text = gpuTable([
      {
        name: "NVIDIA H200",
        vendor: "nvidia",
        driverVersion: "570.1",
        vramTotalMb: 143771,
        vramUsedMb: 1024,
        utilizationGpuPct: 0,
        temperatureC: 31.4,
        powerW: 77.5,
      },
      { name: "AMD Navi 31", vendor: "amd", vramTotalMb: 24560 },
      { name: "Apple M4 Max", vendor: "apple", unifiedMemory: true },
      { name: "Intel DG2", vendor: "intel" },
    ]);
    expect(text.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["gpu", "vendor", "name", "memory", "busy", "temperature", "power", "driver"],
      expect.anything(),
      expect.arrayContaining(["nvidia", "NVIDIA H200", "1.0 / 140.4 GiB", "0%", "31 °C", "78 W", "570.1"]),
      expect.arrayContaining(["amd", "AMD Navi 31", "- / 24.0 GiB", "-", "-", "-", "-"]),
      expect.arrayContaining(["apple", "Apple M4 Max", "unified", "-", "-", "-", "-"]),
      expect.arrayContaining(["intel", "Intel DG2", "-", "-", "-", "-", "-"]),
    ]);
  });

  test("what each source said", () => {
    expect(
      sourceLines([
        { source: "nvidia-smi", state: "failed", why: "No driver (exit code 9)", gpus: [] },
        { source: "amd-smi", state: "missing", gpus: [] },
        { source: "xpu-smi", state: "answered", gpus: [{ name: "Arc", vendor: "intel" }] },
      ]),
    ).toBe("  nvidia-smi  failed: No driver (exit code 9)\n  amd-smi     not on this machine\n  xpu-smi     1 device");
  });
});

describe("the command", () => {
  const dir = mkdtempSync(join(tmpdir(), "fxn-gpu-list-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** fxn on a machine whose nvidia-smi answers with a recorded output. */
  async function gpuList(answer: string, exitCode: number, ...args: string[]): Promise<string> {
    const list = `case "$1" in -L) exit 0;; esac`;
    writeFileSync(join(dir, "nvidia-smi"), `#!/bin/sh\n${list}\n/bin/cat ${join(VECTORS, answer)}\nexit ${exitCode}\n`);
    chmodSync(join(dir, "nvidia-smi"), 0o755);
    const main = join(import.meta.dir, "../fxn.ts");
    const child = Bun.spawn([process.execPath, main, "gpu", "list", ...args], {
      env: { PATH: dir },
      stderr: "inherit",
    });
    const text = await new Response(child.stdout).text();
    expect(await child.exited).toBe(0);
    return text;
  }

  test("lists what the tool says, for a person and for a machine", async () => {
    expect(await gpuList("nvidia-h100-570.csv", 0)).toContain("NVIDIA H100 80GB HBM3");
    const json: unknown = JSON.parse(await gpuList("nvidia-gb10-580.csv", 0, "--json"));
    expect(json).toMatchObject({
      schema: 1,
      sources: expect.arrayContaining([{ source: "nvidia-smi", state: "answered" }]),
    });
    expect(JSON.stringify(json)).not.toContain("vramTotalMb");
  });

  test("says why there is none", async () => {
    const text = await gpuList("nvidia-mismatch.txt", 18);
    expect(text).toContain("failed: Failed to initialize NVML: Driver/library version mismatch (exit code 18)");
  });
});
