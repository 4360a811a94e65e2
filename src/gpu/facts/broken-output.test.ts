// Outputs that were cut or damaged: whatever comes of them, no parser throws and no figure is one that cannot be.
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { recorded } from "../../../test/fakes/gpu-machine.ts";
import type { GpuStats } from "../../core/gpu.ts";
import { parseAmdSmi } from "./amd-smi.ts";
import { parseSystemProfiler } from "./apple.ts";
import { parseNvidiaSmi } from "./nvidia.ts";
import { migMemory, migsOf, withMigs } from "./nvidia-mig.ts";
import { parseRocmSmi } from "./rocm-smi.ts";
import { parseXpuSmi, xpuIds } from "./xpu-smi.ts";

const CARD: GpuStats = {
  name: "H100",
  vendor: "nvidia",
  uuid: "GPU-8f6d2a3b-41c7-9d10-5e2f-6a0b7c8d9e01",
  pciAddress: "0000:19:00.0",
};

const PARSERS: Readonly<Record<string, (text: string) => readonly GpuStats[]>> = {
  "nvidia-smi": parseNvidiaSmi,
  "nvidia-smi -L": (text) => withMigs([CARD], migsOf(text), new Map()),
  "nvidia-smi -q -x": (text) => withMigs([CARD], migsOf(recorded("nvidia-mig-570-list.txt")), migMemory(text)),
  "rocm-smi": parseRocmSmi,
  "amd-smi static": (text) => parseAmdSmi(text, recorded("amd-smi-6.2-metric.json")),
  "amd-smi metric": (text) => parseAmdSmi(recorded("amd-smi-6.2-static.json"), text),
  system_profiler: (text) => parseSystemProfiler(text) ?? [],
  "xpu-smi discovery": (text) => parseXpuSmi(text, recorded("xpu-smi-stats.json")),
  "xpu-smi stats": (text) => parseXpuSmi(recorded("xpu-smi-device.json"), text),
  "xpu-smi ids": (text) => xpuIds(text).map((id) => ({ name: `${id}`, vendor: "intel", vramUsedMb: id })),
};

const outputs = readdirSync(join(import.meta.dir, "../../../test/vectors/gpu")).map(recorded);

/** Bytes replaced, taken out and put in, then cut: what a dying tool or a bad disk makes of an output. */
const damaged = fc
  .record({
    text: fc.constantFrom(...outputs),
    edits: fc.array(
      fc.record({
        at: fc.nat(4000),
        remove: fc.nat(8),
        insert: fc.oneof(
          fc.constantFrom(
            "",
            "-",
            "0",
            "N/A",
            "[Unknown Error]",
            "NaN",
            "-5",
            "1e999",
            ",",
            "\r\n",
            "\u0000",
            "é",
            "99999999999",
          ),
          fc.string({ maxLength: 6 }),
        ),
      }),
      { maxLength: 6 },
    ),
    keep: fc.option(fc.nat(4000), { freq: 2 }),
  })
  .map(({ text, edits, keep }) => {
    const edited = edits.reduce(
      (was, { at, remove, insert }) =>
        was.slice(0, at % (was.length + 1)) + insert + was.slice((at % (was.length + 1)) + remove),
      text,
    );
    return keep === null ? edited : edited.slice(0, keep);
  });

function check({ name, vendor, uuid, pciAddress, driverVersion, unifiedMemory, ...figures }: GpuStats): void {
  for (const text of [name, vendor, uuid, pciAddress, driverVersion]) expect(text).not.toBe("");
  expect([true, undefined]).toContain(unifiedMemory);
  for (const [key, value] of Object.entries(figures)) {
    if (value === undefined) continue;
    expect({ key, ok: Number.isFinite(value) && value >= 0 }).toEqual({ key, ok: true });
  }
  // Nothing has 0 of these: it would stand for what is not known.
  const { vramTotalMb, temperatureC, powerW, powerLimitW } = figures;
  expect([vramTotalMb, temperatureC, powerW, powerLimitW]).not.toContain(0);
  expect(figures.utilizationGpuPct ?? 0).toBeLessThanOrEqual(100);
}

describe.each(Object.entries(PARSERS))("%s", (_name, parse) => {
  test("of any damaged output", () => {
    fc.assert(
      fc.property(damaged, (text) => parse(text).forEach(check)),
      { numRuns: 400 },
    );
  });

  test("of its own outputs, cut anywhere", () => {
    for (const output of outputs) {
      for (let length = 0; length <= output.length; length += 7) parse(output.slice(0, length)).forEach(check);
    }
  });
});
