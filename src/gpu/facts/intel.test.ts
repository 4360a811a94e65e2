import { describe, expect, test } from "bun:test";
import { fakeMachine, recorded } from "../../../test/fakes/gpu-machine.ts";
import { intelDrm } from "./intel-drm.ts";
import { xpuIds, xpuSmi } from "./xpu-smi.ts";

const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("xpu-smi", () => {
  const tools = {
    "xpu-smi discovery -j": { stdout: recorded("xpu-smi-list.json") },
    "xpu-smi discovery -d 0 -j": { stdout: recorded("xpu-smi-device.json") },
    "xpu-smi stats -d 0 -j": { stdout: recorded("xpu-smi-stats.json") },
  };
  const facts = {
    name: "Intel(R) Arc(TM) Pro B60 Graphics",
    vendor: "intel",
    uuid: "00000000-0000-0097-0000-0000e2118086",
    pciAddress: "0000:97:00.0",
    driverVersion: "I915_25.09.32951",
    vramTotalMb: 24480,
  };

  test("a card with its statistics", async () => {
    expect(onWire(await xpuSmi.read(fakeMachine({ tools })))).toEqual([
      { ...facts, vramUsedMb: 21414, vramFreeMb: 3066, utilizationGpuPct: 84, temperatureC: 52, powerW: 61.75 },
    ]);
  });

  test("statistics that fail are absent", async () => {
    const broken = { ...tools, "xpu-smi stats -d 0 -j": { stdout: recorded("xpu-smi-error.json"), exitCode: 3 } };
    expect(onWire(await xpuSmi.read(fakeMachine({ tools: broken })))).toEqual([facts]);
  });

  test("no device is an answer, an error is none", async () => {
    const says = (stdout: string) => fakeMachine({ tools: { "xpu-smi discovery -j": { stdout, exitCode: 1 } } });
    expect(await xpuSmi.read(says("No device discovered"))).toEqual([]);
    expect(await xpuSmi.read(says(`{ "device_list": [] }`))).toEqual([]);
    await expect(xpuSmi.read(says(recorded("xpu-smi-error.json")))).rejects.toThrow("Level Zero Initialization Error");
  });

  test("ids that are none are left out", () => {
    expect(xpuIds(`{"device_list":[{"device_id":1},{"device_id":-3},{"device_id":"0"},{"device_id":1},7]}`)).toEqual([
      1,
    ]);
  });
});

describe("the i915 and xe drivers", () => {
  const card = (name: string, driver: string, id: string, slot: string) => ({
    [`/sys/class/drm/${name}/device/uevent`]: `DRIVER=${driver}\nPCI_ID=${id}\nPCI_SLOT_NAME=${slot}\n`,
  });

  test("a card with memory of its own, and the processor's graphics without", async () => {
    const found = await intelDrm.read(
      fakeMachine({
        files: {
          ...card("card0", "i915", "8086:A780", "0000:00:02.0"),
          ...card("card1", "xe", "8086:56A0", "0000:03:00.0"),
          "/sys/class/drm/card1/device/tile0/physical_vram_size_bytes": "0x3fa000000\n",
          "/sys/class/drm/card1/lmem_total_bytes": "17079205888\n",
          "/sys/class/drm/card1/device/hwmon/hwmon5/temp2_input": "51000\n",
          "/sys/class/drm/card1/device/hwmon/hwmon5/power1_cap": "0\n",
          "/usr/share/hwdata/pci.ids": recorded("pci.ids"),
        },
      }),
    );
    expect(onWire(found)).toEqual([
      { name: "Intel Raptor Lake-S GT1 [UHD Graphics 770]", vendor: "intel", pciAddress: "0000:00:02.0" },
      {
        name: "Intel DG2 [Arc A770]",
        vendor: "intel",
        pciAddress: "0000:03:00.0",
        vramTotalMb: 16288,
        temperatureC: 51,
      },
    ]);
  });

  test("no card of theirs is no such source", async () => {
    expect(await intelDrm.read(fakeMachine())).toBeUndefined();
  });
});
