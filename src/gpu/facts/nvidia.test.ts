import { describe, expect, test } from "bun:test";
import { fakeMachine, recorded } from "../../../test/fakes/gpu-machine.ts";
import { nvidiaSmi, parseNvidiaSmi } from "./nvidia.ts";

/** As JSON shows it: what is absent is not there at all. */
const onWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const parsed = (name: string) => onWire(parseNvidiaSmi(recorded(name)));

describe("nvidia-smi", () => {
  test("two cards with all their figures; 0 % is a figure", () => {
    expect(parsed("nvidia-h100-570.csv")).toEqual([
      {
        name: "NVIDIA H100 80GB HBM3",
        vendor: "nvidia",
        uuid: "GPU-8f6d2a3b-41c7-9d10-5e2f-6a0b7c8d9e01",
        pciAddress: "0000:19:00.0",
        driverVersion: "570.124.06",
        vramTotalMb: 81559,
        vramUsedMb: 4,
        vramFreeMb: 81076,
        utilizationGpuPct: 0,
        utilizationMemPct: 0,
        temperatureC: 34,
        powerW: 71.43,
        powerLimitW: 700,
      },
      expect.objectContaining({ pciAddress: "0000:3b:00.0", utilizationGpuPct: 98, powerW: 642.17 }),
    ]);
  });

  test("a card that we have seen ourselves", () => {
    expect(parsed("nvidia-h100-580.csv")).toEqual([
      {
        name: "NVIDIA H100 80GB HBM3",
        vendor: "nvidia",
        uuid: "GPU-3b1eeac2-76d3-a7c1-11a4-aee64ac2be24",
        pciAddress: "0000:00:06.0",
        driverVersion: "580.159.04",
        vramTotalMb: 81559,
        vramUsedMb: 0,
        vramFreeMb: 81079,
        utilizationGpuPct: 0,
        utilizationMemPct: 0,
        temperatureC: 33,
        powerW: 70.23,
        powerLimitW: 700,
      },
    ]);
  });

  test("an old driver's [Not Supported] is absent", () => {
    expect(parsed("nvidia-gtx-390.csv")).toEqual([
      {
        name: "GeForce GT 1030",
        vendor: "nvidia",
        uuid: "GPU-e18afb8d-1627-f8ff-2ba3-c05c5a8e9e67",
        pciAddress: "0000:01:00.0",
        driverVersion: "390.157",
        vramTotalMb: 1998,
        vramUsedMb: 412,
        vramFreeMb: 1586,
        temperatureC: 41,
      },
    ]);
  });

  test("GB10: memory that is the machine's is absent, and the domain of its address is kept", () => {
    expect(parsed("nvidia-gb10-580.csv")).toEqual([
      {
        name: "NVIDIA GB10",
        vendor: "nvidia",
        uuid: "GPU-2dee1e25-b3b5-007e-2b55-79f2d0f2ebe5",
        pciAddress: "000f:01:00.0",
        driverVersion: "580.126.09",
        utilizationGpuPct: 0,
        utilizationMemPct: 0,
        temperatureC: 36,
        powerW: 3.21,
      },
    ]);
  });

  test("Grace Hopper, K80 and a vGPU", () => {
    expect(parsed("nvidia-gh200-550.csv")).toEqual([expect.objectContaining({ vramTotalMb: 97871, powerLimitW: 900 })]);
    expect(parsed("nvidia-k80-470.csv")).toEqual([expect.objectContaining({ name: "Tesla K80", vramUsedMb: 0 })]);
    const [vgpu] = parseNvidiaSmi(recorded("nvidia-vgpu-535.csv"));
    expect(vgpu).toMatchObject({ name: "GRID A100-10C", vramTotalMb: 10240 });
    expect([vgpu?.temperatureC, vgpu?.powerW]).toEqual([undefined, undefined]);
  });

  test("a lost card has no figures; one that does not say what it is, is left out", () => {
    expect(parsed("nvidia-lost-535.csv")).toEqual([
      expect.objectContaining({ pciAddress: "0000:17:00.0", utilizationGpuPct: 87 }),
      {
        name: "NVIDIA GeForce RTX 4090",
        vendor: "nvidia",
        uuid: "GPU-3e34e62f-d88e-f448-415e-be2cbf2c6178",
        pciAddress: "0000:65:00.0",
        driverVersion: "535.183.01",
      },
    ]);
  });

  test("[Insufficient Permissions] is absent", () => {
    const [card] = parseNvidiaSmi(recorded("nvidia-no-permission-470.csv"));
    expect(card?.vramTotalMb).toBe(40536);
    expect(card?.utilizationGpuPct).toBeUndefined();
  });

  test("CRLF, thousands, decimal commas, a comma in the name, a warning at the end", () => {
    expect(parsed("nvidia-windows-552.csv")).toEqual([
      expect.objectContaining({ vramTotalMb: 12282, vramUsedMb: 1103, powerW: 31.25, powerLimitW: 285 }),
      expect.objectContaining({ name: "NVIDIA RTX 4000, Ada Generation", vramTotalMb: 8192, powerW: 12.04 }),
    ]);
  });

  test("a line that was cut is no card", () => {
    expect(parseNvidiaSmi(recorded("nvidia-cut.csv"))).toHaveLength(1);
  });
});

describe("asking nvidia-smi", () => {
  const machine = (query: string, list = "", exitCode = 0) =>
    fakeMachine({
      tools: {
        "nvidia-smi --query-gpu": { stdout: query, exitCode },
        "nvidia-smi -L": { stdout: list },
        "nvidia-smi -q -x": { stdout: recorded("nvidia-mig-570.xml") },
      },
    });

  test("no such tool is no such source", async () => {
    expect(await nvidiaSmi.read(fakeMachine())).toBeUndefined();
  });

  test("no devices is an answer", async () => {
    expect(await nvidiaSmi.read(machine(recorded("nvidia-none.txt"), "", 6))).toEqual([]);
  });

  test.each([
    ["nvidia-mismatch.txt", 18, "Failed to initialize NVML: Driver/library version mismatch (exit code 18)"],
    [
      "nvidia-no-driver.txt",
      9,
      /^NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver\..*\(exit code 9\)$/,
    ],
    [
      "nvidia-handle.txt",
      15,
      "Unable to determine the device handle for GPU0000:65:00.0: Unknown Error (exit code 15)",
    ],
  ])("%s is a failure that says why", async (name, exitCode, why) => {
    await expect(nvidiaSmi.read(machine(recorded(name), "", exitCode))).rejects.toThrow(why);
  });

  test("cards that are named count, whatever the exit code says of the others", async () => {
    const found = await nvidiaSmi.read(machine(recorded("nvidia-lost-535.csv"), "", 15));
    expect(found).toHaveLength(2);
  });

  test("a failure cannot write to the operator's terminal", async () => {
    await expect(nvidiaSmi.read(machine("\u001b[2Jdriver \u0007gone", "", 1))).rejects.toThrow(
      "[2Jdriver  gone (exit code 1)",
    );
  });

  test("MIG instances stand in place of their card, with the memory that is theirs and no utilisation", async () => {
    const found = await nvidiaSmi.read(machine(recorded("nvidia-mig-570.csv"), recorded("nvidia-mig-570-list.txt")));
    const common = { vendor: "nvidia", pciAddress: "0000:19:00.0", driverVersion: "570.124.06", temperatureC: 31 };
    expect(onWire(found)).toEqual([
      {
        ...common,
        name: "NVIDIA H100 80GB HBM3 MIG 3g.40gb",
        uuid: "MIG-0e3b7c5d-5d1f-5b0a-9c6e-1a2b3c4d5e6f",
        vramTotalMb: 40448,
        vramUsedMb: 44,
        vramFreeMb: 40405,
      },
      {
        ...common,
        name: "NVIDIA H100 80GB HBM3 MIG 1c.2g.20gb",
        uuid: "MIG-7a64d5c1-2a9b-5c7d-8e1f-0f1e2d3c4b5a",
        vramTotalMb: 20096,
        vramUsedMb: 26,
        vramFreeMb: 20071,
      },
      {
        ...common,
        name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb+me",
        uuid: "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f",
        vramTotalMb: 9984,
      },
      expect.objectContaining({ pciAddress: "0000:3b:00.0", utilizationGpuPct: 98 }),
    ]);
  });

  test("MIG instances are listed also when their memory cannot be asked for", async () => {
    const { run, ...rest } = machine(recorded("nvidia-mig-570.csv"), recorded("nvidia-mig-570-list.txt"));
    const found = await nvidiaSmi.read({
      ...rest,
      run: async (tool, args) => (args[0] === "-q" ? Promise.reject(new Error("it hangs")) : run(tool, args)),
    });
    expect(found).toHaveLength(4);
    expect(found?.[0]?.vramTotalMb).toBeUndefined();
  });
});
