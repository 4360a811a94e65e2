import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { fakeMachine, recorded } from "../../../test/fakes/gpu-machine.ts";
import { askSources } from "./ask.ts";
import { mergeCards } from "./merge.ts";

const H100 = {
  "nvidia-smi --query-gpu": { stdout: recorded("nvidia-h100-570.csv") },
  "nvidia-smi -L": { stdout: recorded("nvidia-list-h100.txt") },
};
const AMD_SMI = {
  "amd-smi static": { stdout: recorded("amd-smi-6.2-static.json") },
  "amd-smi metric": { stdout: "Traceback" },
};
const ROCM_SMI = { "rocm-smi": { stdout: recorded("rocm-smi-6.3-mi300x.json") } };

const states = async (machine: Parameters<typeof fakeMachine>[0]) =>
  Object.fromEntries((await askSources(fakeMachine(machine))).map(({ source, state }) => [source, state]));

describe("asking", () => {
  test("a machine without any GPU: everything of this system was asked", async () => {
    expect(await states({})).toEqual({
      "nvidia-smi": "missing",
      "amd-smi": "missing",
      "rocm-smi": "missing",
      "amdgpu driver": "missing",
      "xpu-smi": "missing",
      "i915 and xe drivers": "missing",
    });
    expect(await states({ platform: "darwin" })).toEqual({ system_profiler: "missing" });
  });

  test("rocm-smi is asked when amd-smi is not there or named no card", async () => {
    expect(await states({ tools: { ...AMD_SMI, ...ROCM_SMI } })).not.toHaveProperty("rocm-smi");
    const broken = { "amd-smi": { stderr: "Error code: -10", exitCode: 255 }, ...ROCM_SMI };
    expect(await states({ tools: broken })).toMatchObject({ "amd-smi": "failed", "rocm-smi": "answered" });
  });

  test("one that fails takes nothing from the others, and says why", async () => {
    const reports = await askSources(fakeMachine({ tools: { ...H100, "amd-smi": new Error("it hangs") } }));
    expect(reports.find(({ source }) => source === "amd-smi")).toMatchObject({ state: "failed", why: "it hangs" });
    expect(mergeCards(reports.map(({ gpus }) => gpus))).toHaveLength(2);
  });

  test("Windows' own list is asked only when nothing else names a card", async () => {
    const controllers = [{ vendor: "Advanced Micro Devices, Inc.", model: "AMD Radeon RX 7900 XTX", vram: 24560 }];
    expect(await states({ platform: "win32", controllers })).toMatchObject({ systeminformation: "answered" });
    expect(await states({ platform: "win32", controllers, tools: H100 })).not.toHaveProperty("systeminformation");
  });

  test("a source that hangs is given up, the others' answers are not", async () => {
    const clock = new FakeClock();
    const machine = fakeMachine({ clock, tools: H100 });
    const never = new Promise<string>(() => {});
    const asked = askSources({ ...machine, files: { ...machine.files, list: async () => [await never] } });
    await clock.advance(0);
    await clock.advance(60_000);
    const reports = await asked;
    expect(reports.find(({ source }) => source === "amdgpu driver")?.why).toBe("no answer within 20000 ms");
    expect(reports[0]).toMatchObject({ source: "nvidia-smi", state: "answered" });
  });
});

describe("one list", () => {
  test("NVIDIA first; a card that two sources name is one, and what one leaves open the other fills in", async () => {
    const device = "/sys/class/drm/card2/device";
    const files = {
      [`${device}/uevent`]: "DRIVER=amdgpu\nPCI_ID=1002:74A1\nPCI_SLOT_NAME=0000:05:00.0\n",
      [`${device}/gpu_busy_percent`]: "12\n",
      [`${device}/mem_info_vram_total`]: "1048576\n",
    };
    const reports = await askSources(fakeMachine({ tools: { ...AMD_SMI, ...H100 }, files }));
    const cards = mergeCards(reports.map(({ gpus }) => gpus));
    expect(cards.map(({ vendor }) => vendor)).toEqual(["nvidia", "nvidia", "amd"]);
    expect(cards[2]).toMatchObject({ name: "MI300X-O", vramTotalMb: 196592, utilizationGpuPct: 12 });
  });

  test("cards of one vendor at two addresses are two", () => {
    const card = (pciAddress?: string) => ({ name: "Arc", vendor: "intel", pciAddress }) as const;
    expect(mergeCards([[card("0000:03:00.0")], [card("0000:03:00.0"), card("0000:04:00.0")]])).toHaveLength(2);
    expect(mergeCards([[card("0000:03:00.0")], [card()]])).toHaveLength(1);
    expect(mergeCards([[card(), card()], [card("0000:03:00.0")]])).toHaveLength(2);
  });

  test("what is true of a whole card is not said of a MIG instance", () => {
    const at = { vendor: "nvidia", pciAddress: "0000:19:00.0" } as const;
    const mig = { ...at, name: "H100 MIG 7g.80gb", uuid: "MIG-1" };
    expect(mergeCards([[mig], [{ ...at, name: "H100", utilizationGpuPct: 5 }]])).toEqual([mig]);
  });
});
