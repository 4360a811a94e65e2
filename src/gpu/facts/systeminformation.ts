// Cards of which no tool of their vendor tells: Windows' own list of them, as the systeminformation package reads it.
import type { Systeminformation } from "systeminformation";
import type { GpuStats } from "../../core/gpu.ts";
import type { GpuSource } from "./source.ts";
import { celsius, figure, pciAddress, percent, positive, watts, word } from "./values.ts";
import { vendorOf } from "./vendor.ts";

export const systeminformation: GpuSource = {
  name: "systeminformation",
  // Under Linux it takes the size of a card's PCI window for its memory, and on a Mac it asks system_profiler, as we do.
  platforms: ["win32"],
  read: async ({ graphics }) => gpusOf(await graphics()),
};

/** The devices that compute. One without memory of its own, as far as is known, is left out. */
export function gpusOf({ controllers }: Systeminformation.GraphicsData): GpuStats[] {
  return controllers.flatMap((card) => {
    const vendor = vendorOf(`${card.vendor} ${card.model}`);
    const name = word(card.name) ?? word(card.model);
    const total = positive(card.memoryTotal) ?? positive(card.vram);
    const unifiedMemory = vendor === "apple" || undefined;
    if (!vendor || !name || (total === undefined && !unifiedMemory)) return [];
    return [
      {
        name,
        vendor,
        pciAddress: pciAddress(card.busAddress),
        driverVersion: word(card.driverVersion),
        vramTotalMb: total,
        vramUsedMb: figure(card.memoryUsed),
        vramFreeMb: figure(card.memoryFree),
        utilizationGpuPct: percent(card.utilizationGpu),
        utilizationMemPct: percent(card.utilizationMemory),
        temperatureC: celsius(card.temperatureGpu),
        powerW: watts(card.powerDraw),
        powerLimitW: watts(card.powerLimit),
        unifiedMemory,
      },
    ];
  });
}
