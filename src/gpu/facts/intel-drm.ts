// Intel's cards, as the kernel's i915 and xe drivers publish them: which they are, and little of what they do.
import type { GpuStats } from "../../core/gpu.ts";
import { type DrmCard, drmCards } from "./drm.ts";
import type { GpuSource } from "./source.ts";
import { celsius, mibOfBytes, positive, watts } from "./values.ts";

export const intelDrm: GpuSource = {
  name: "i915 and xe drivers",
  platforms: ["linux"],
  async read({ files }) {
    const cards = await drmCards(files, ["i915", "xe"]);
    return cards && Promise.all(cards.map(intelCard));
  },
};

/** How busy a card is and what it draws, these drivers tell only as counters or to root. */
async function intelCard(card: DrmCard): Promise<GpuStats> {
  // xe's and i915's name for the memory of a card that has its own.
  const total = (await card.number("device/tile0/physical_vram_size_bytes")) ?? (await card.number("lmem_total_bytes"));
  const milliCelsius = (await card.sensor("temp1_input")) ?? (await card.sensor("temp2_input"));
  const microWatts = (await card.sensor("power1_cap")) ?? (await card.sensor("power1_max"));
  return {
    name: `Intel ${card.name}`,
    vendor: "intel",
    pciAddress: card.pciAddress,
    driverVersion: card.driverVersion,
    vramTotalMb: mibOfBytes(positive(total)),
    temperatureC: milliCelsius === undefined ? undefined : celsius(milliCelsius / 1000),
    powerLimitW: microWatts === undefined ? undefined : watts(microWatts / 1_000_000),
  };
}
