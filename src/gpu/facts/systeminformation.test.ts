import { expect, test } from "bun:test";
import { graphicsData } from "../../../test/fakes/gpu-machine.ts";
import { gpusOf } from "./systeminformation.ts";

type Controllers = Parameters<typeof graphicsData>;
const onWire = (...controllers: Controllers): unknown =>
  JSON.parse(JSON.stringify(gpusOf(graphicsData(...controllers))));

test("an NVIDIA card with all its figures", () => {
  const card = {
    vendor: "NVIDIA",
    model: "GH100",
    name: "NVIDIA H200",
    busAddress: "00000000:0A:00.0",
    driverVersion: "570.1",
    memoryTotal: 143771,
    memoryUsed: 4,
    memoryFree: 143767,
    utilizationGpu: 0,
    utilizationMemory: 0,
    temperatureGpu: 31,
    powerDraw: 77.5,
    powerLimit: 700,
  };
  expect(onWire(card)).toEqual([
    {
      name: "NVIDIA H200",
      vendor: "nvidia",
      pciAddress: "0000:0a:00.0",
      driverVersion: "570.1",
      vramTotalMb: 143771,
      vramUsedMb: 4,
      vramFreeMb: 143767,
      utilizationGpuPct: 0,
      utilizationMemPct: 0,
      temperatureC: 31,
      powerW: 77.5,
      powerLimitW: 700,
    },
  ]);
});

test("what is not said is absent, not 0", () => {
  expect(
    onWire({ vendor: "AMD", model: "Navi 31", vram: 24576, utilizationGpu: Number.NaN, temperatureGpu: 0 }),
  ).toEqual([{ name: "Navi 31", vendor: "amd", vramTotalMb: 24576 }]);
});

test("a virtual machine's display adapter is no GPU, nor a card without memory", () => {
  expect(
    onWire(
      { vendor: "VMware", model: "SVGA II", vram: 128 },
      { vendor: "Red Hat", model: "Virtio", vram: 0 },
      { vendor: "Advanced Micro Devices, Inc.", model: "Radeon", vram: 0 },
    ),
  ).toEqual([]);
});

test("Apple's memory is unified", () => {
  expect(onWire({ vendor: "Apple", model: "Apple M4 Max" })).toEqual([
    { name: "Apple M4 Max", vendor: "apple", unifiedMemory: true },
  ]);
});
