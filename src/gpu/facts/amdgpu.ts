// AMD's cards, as the kernel's amdgpu driver publishes them: there without any tool of AMD's.
// Files and units: https://docs.kernel.org/gpu/amdgpu/thermal.html and driver-misc.html.
import type { GpuStats } from "../../core/gpu.ts";
import { type DrmCard, drmCards } from "./drm.ts";
import type { GpuSource } from "./source.ts";
import { celsius, difference, mibOfBytes, percent, positive, watts, word } from "./values.ts";

export const amdgpu: GpuSource = {
  name: "amdgpu driver",
  platforms: ["linux"],
  async read({ files }) {
    const cards = await drmCards(files, ["amdgpu"]);
    return cards && Promise.all(cards.map(amdCard));
  },
};

async function amdCard(card: DrmCard): Promise<GpuStats> {
  const total = mibOfBytes(positive(await card.number("device/mem_info_vram_total")));
  const used = mibOfBytes(await card.number("device/mem_info_vram_used"));
  return {
    name: word(await card.text("device/product_name")) ?? `AMD ${card.name}`,
    vendor: "amd",
    pciAddress: card.pciAddress,
    driverVersion: card.driverVersion,
    vramTotalMb: total,
    vramUsedMb: used,
    vramFreeMb: difference(total, used),
    utilizationGpuPct: percent(await card.number("device/gpu_busy_percent")),
    utilizationMemPct: percent(await card.number("device/mem_busy_percent")),
    temperatureC: celsius(thousandth(await card.sensor("temp1_input"))),
    // Newer cards and APUs have the present draw instead of an average.
    powerW: watts(millionth((await card.sensor("power1_average")) ?? (await card.sensor("power1_input")))),
    powerLimitW: watts(millionth(await card.sensor("power1_cap"))),
  };
}

function thousandth(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 1000;
}

function millionth(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 1_000_000;
}
