// One list out of several sources' lists, in which each card stands once.
import type { GpuStats } from "../../core/gpu.ts";

/**
 * A card is known by its PCI address: what an earlier source left open, a later one fills in. Of a vendor that has a card
 * without an address nothing more is added: it could be the same card again.
 */
export function mergeCards(lists: readonly (readonly GpuStats[])[]): GpuStats[] {
  return lists.reduce<GpuStats[]>((known, list) => {
    const filled = known.map((card) => {
      const other = list.find((candidate) => samePlace(candidate, card));
      return other && !isMig(card) ? fill(card, other) : card;
    });
    const isNew = (card: GpuStats) =>
      !known.some(
        (other) => samePlace(other, card) || (other.vendor === card.vendor && !(other.pciAddress && card.pciAddress)),
      );
    return [...filled, ...list.filter(isNew)];
  }, []);
}

function samePlace(a: GpuStats, b: GpuStats): boolean {
  return a.pciAddress !== undefined && a.pciAddress === b.pciAddress;
}

/** What others say of its address is true of the whole card. */
function isMig({ uuid }: GpuStats): boolean {
  return uuid?.startsWith("MIG-") ?? false;
}

function fill(card: GpuStats, other: GpuStats): GpuStats {
  return {
    name: card.name,
    vendor: card.vendor,
    uuid: card.uuid ?? other.uuid,
    pciAddress: card.pciAddress,
    driverVersion: card.driverVersion ?? other.driverVersion,
    vramTotalMb: card.vramTotalMb ?? other.vramTotalMb,
    vramUsedMb: card.vramUsedMb ?? other.vramUsedMb,
    vramFreeMb: card.vramFreeMb ?? other.vramFreeMb,
    utilizationGpuPct: card.utilizationGpuPct ?? other.utilizationGpuPct,
    utilizationMemPct: card.utilizationMemPct ?? other.utilizationMemPct,
    temperatureC: card.temperatureC ?? other.temperatureC,
    powerW: card.powerW ?? other.powerW,
    powerLimitW: card.powerLimitW ?? other.powerLimitW,
    unifiedMemory: card.unifiedMemory ?? other.unifiedMemory,
  };
}
