import { describe, expect, test } from "bun:test";
import { fakeMachine, recorded } from "../../../test/fakes/gpu-machine.ts";
import { amdSmi, parseAmdSmi } from "./amd-smi.ts";
import { amdgpu } from "./amdgpu.ts";
import { parseRocmSmi, rocmSmi } from "./rocm-smi.ts";

const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("rocm-smi", () => {
  const parsed = (name: string) => onWire(parseRocmSmi(recorded(name)));

  test("ROCm 2.10", () => {
    expect(parsed("rocm-smi-2.10.json")).toEqual([
      {
        name: "Vega 20",
        vendor: "amd",
        pciAddress: "0000:03:00.0",
        vramTotalMb: 16368,
        vramUsedMb: 8192,
        vramFreeMb: 8176,
        utilizationGpuPct: 100,
        utilizationMemPct: 48,
        temperatureC: 77,
        powerW: 222,
        powerLimitW: 250,
      },
    ]);
  });

  test("ROCm 5.4: the second half of an MI250X has no power of its own, which is not 0 W", () => {
    const [first, second] = parseRocmSmi(recorded("rocm-smi-5.4-mi250x.json"));
    expect(first).toMatchObject({ powerW: 128, powerLimitW: 560, driverVersion: "5.18.13", utilizationMemPct: 37 });
    expect(second).toMatchObject({ pciAddress: "0000:ce:00.0", utilizationGpuPct: 0, vramUsedMb: 10 });
    expect([second?.powerW, second?.powerLimitW]).toEqual([undefined, undefined]);
  });

  test("ROCm 6.2 with a warning before its JSON, and no series", () => {
    expect(parsed("rocm-smi-6.2-780m.json")).toEqual([
      {
        name: "Phoenix3",
        vendor: "amd",
        pciAddress: "0000:c4:00.0",
        driverVersion: "6.12.9-arch1-1",
        vramTotalMb: 512,
        vramUsedMb: 446,
        vramFreeMb: 66,
        utilizationGpuPct: 19,
        temperatureC: 31,
        powerW: 7.222,
      },
    ]);
  });

  test("ROCm 6.3 on an MI300X, which has no sensor at its edge", () => {
    expect(parsed("rocm-smi-6.3-mi300x.json")).toEqual([
      expect.objectContaining({ name: "AMD Instinct MI300X", temperatureC: 44, powerW: 137, utilizationMemPct: 18 }),
    ]);
  });

  test("no driver is a failure that says so", async () => {
    const machine = fakeMachine({ tools: { "rocm-smi": { stderr: recorded("rocm-smi-none.txt"), exitCode: 1 } } });
    await expect(rocmSmi.read(machine)).rejects.toThrow(
      "Driver not initialized (amdgpu not found in modules) (exit code 1)",
    );
  });
});

describe("amd-smi", () => {
  const parsed = (version: string) =>
    onWire(parseAmdSmi(recorded(`amd-smi-${version}-static.json`), recorded(`amd-smi-${version}-metric.json`)));

  test("ROCm 6.2: a list", () => {
    expect(parsed("6.2")).toEqual([
      {
        name: "MI300X-O",
        vendor: "amd",
        pciAddress: "0000:05:00.0",
        driverVersion: "6.8.5",
        vramTotalMb: 196592,
        vramUsedMb: 150283,
        vramFreeMb: 46309,
        utilizationGpuPct: 91,
        utilizationMemPct: 24,
        temperatureC: 63,
        powerW: 612,
        powerLimitW: 700,
      },
    ]);
  });

  test("ROCm 7.0: an object, a warning before it, cards in another order, whole groups missing", () => {
    expect(parsed("7.0")).toEqual([
      {
        name: "AMD Radeon AI PRO R9700",
        vendor: "amd",
        pciAddress: "0000:03:00.0",
        driverVersion: "6.16.6",
        vramTotalMb: 32624,
        vramUsedMb: 57,
        vramFreeMb: 32567,
        utilizationGpuPct: 0,
        utilizationMemPct: 0,
        temperatureC: 33,
        powerW: 14,
        powerLimitW: 300,
      },
      { name: "AMD GPU", vendor: "amd", pciAddress: "0000:c6:00.0" },
    ]);
  });

  test("facts are known when the figures fail", () => {
    const [card] = parseAmdSmi(recorded("amd-smi-6.2-static.json"), "Traceback (most recent call last):");
    expect(onWire(card)).toEqual({
      name: "MI300X-O",
      vendor: "amd",
      pciAddress: "0000:05:00.0",
      driverVersion: "6.8.5",
      vramTotalMb: 196592,
      powerLimitW: 700,
    });
  });

  test("a tool that names nothing says why", async () => {
    const stderr = `Traceback (most recent call last):\n  File "/opt/rocm/bin/amd-smi", line 9\nError code: -10\n`;
    const machine = fakeMachine({ tools: { "amd-smi": { stderr, exitCode: 255 } } });
    await expect(amdSmi.read(machine)).rejects.toThrow("Error code: -10 (exit code 255)");
  });
});

describe("the amdgpu driver", () => {
  const DEVICE = "/sys/class/drm/card1/device";
  const files = {
    "/sys/class/drm/card0/device/uevent": "DRIVER=ast\nPCI_ID=1A03:2000\nPCI_SLOT_NAME=0000:02:00.0\n",
    "/sys/class/drm/card1-DP-1/status": "connected\n",
    [`${DEVICE}/uevent`]: "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:0b:00.0\n",
    "/usr/share/misc/pci.ids": recorded("pci.ids"),
  };

  test("what it publishes, in the units of this program", async () => {
    const machine = fakeMachine({
      files: {
        ...files,
        [`${DEVICE}/mem_info_vram_total`]: "25753026560\n",
        [`${DEVICE}/mem_info_vram_used`]: "1060614144\n",
        [`${DEVICE}/gpu_busy_percent`]: "7\n",
        [`${DEVICE}/mem_busy_percent`]: "2\n",
        [`${DEVICE}/hwmon/hwmon3/temp1_input`]: "46000\n",
        [`${DEVICE}/hwmon/hwmon3/power1_average`]: "38000000\n",
        [`${DEVICE}/hwmon/hwmon3/power1_cap`]: "303000000\n",
      },
    });
    expect(onWire(await amdgpu.read(machine))).toEqual([
      {
        name: "AMD Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]",
        vendor: "amd",
        pciAddress: "0000:0b:00.0",
        vramTotalMb: 24560,
        vramUsedMb: 1011,
        vramFreeMb: 23549,
        utilizationGpuPct: 7,
        utilizationMemPct: 2,
        temperatureC: 46,
        powerW: 38,
        powerLimitW: 303,
      },
    ]);
  });

  test("files that are not there, or empty, are absent; a name that no list has is its number", async () => {
    const machine = fakeMachine({
      files: {
        ...files,
        "/usr/share/misc/pci.ids": "",
        [`${DEVICE}/gpu_busy_percent`]: "",
        [`${DEVICE}/mem_info_vram_total`]: "0\n",
      },
    });
    expect(onWire(await amdgpu.read(machine))).toEqual([
      { name: "AMD 1002:744c", vendor: "amd", pciAddress: "0000:0b:00.0" },
    ]);
  });

  test("no card of the driver is no such source", async () => {
    expect(await amdgpu.read(fakeMachine())).toBeUndefined();
  });
});
