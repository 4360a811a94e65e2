import { expect, test } from "bun:test";
import type { Systeminformation } from "systeminformation";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { GpuProbe, gpusOf } from "./devices.ts";

type Controller = Systeminformation.GraphicsControllerData;
const data = (...controllers: Partial<Controller>[]): Systeminformation.GraphicsData => ({
  controllers: controllers.map((card) => ({ vendor: "", model: "", bus: "", vram: null, vramDynamic: false, ...card })),
  displays: [],
});

/** As JSON shows it: what is absent is not there at all. */
const onWire = (found: Systeminformation.GraphicsData): unknown => JSON.parse(JSON.stringify(gpusOf(found)));

test("an NVIDIA card with all its figures", () => {
  const card = {
    vendor: "NVIDIA",
    model: "GH100",
    name: "NVIDIA H200",
    driverVersion: "570.1",
    memoryTotal: 143771,
    memoryUsed: 4,
    memoryFree: 143767,
    utilizationGpu: 0,
    utilizationMemory: 0,
  };
  expect(onWire(data(card))).toEqual([
    {
      name: "NVIDIA H200",
      driverVersion: "570.1",
      vramTotalMb: 143771,
      vramUsedMb: 4,
      vramFreeMb: 143767,
      utilizationGpuPct: 0,
      utilizationMemPct: 0,
    },
  ]);
});

test("what the tools do not say is absent, not 0", () => {
  expect(onWire(data({ vendor: "AMD", model: "Navi 31", vram: 24576, utilizationGpu: Number.NaN }))).toEqual([
    { name: "Navi 31", vramTotalMb: 24576 },
  ]);
});

test("a virtual machine's display adapter is no GPU", () => {
  expect(
    gpusOf(data({ vendor: "VMware", model: "SVGA II", vram: 128 }, { vendor: "Red Hat", model: "Virtio", vram: 0 })),
  ).toEqual([]);
});

test("Apple's memory is unified", () => {
  expect(onWire(data({ vendor: "Apple", model: "Apple M4 Max" }))).toEqual([
    { name: "Apple M4 Max", unifiedMemory: true },
  ]);
});

test("a probe that fails is no GPU and a line in the log", async () => {
  const log = new FakeLog();
  const probe = new GpuProbe({ clock: new FakeClock(), log, read: () => Promise.reject(new Error("no tool")) });
  expect(await probe.current()).toEqual([]);
  expect(log.lines[0]?.fields.error).toBe("no tool");
});

test("readings are refreshed in the background, and a caller never waits for the next one", async () => {
  const clock = new FakeClock();
  let reads = 0;
  const stop = new AbortController();
  const probe = new GpuProbe({
    clock,
    log: new FakeLog(),
    read: async () => data({ vendor: "Intel", model: `Arc ${++reads}`, vram: 1 }),
  });
  const running = probe.run(stop.signal);
  expect((await probe.current())[0]?.name).toBe("Arc 1");
  await clock.advance(30_000);
  expect((await probe.current())[0]?.name).toBe("Arc 2");
  stop.abort();
  await running;
});
