// MIG: the instances that a card was cut into, from `nvidia-smi -L`, and their memory, from `nvidia-smi -q -x`.
import type { GpuStats } from "../../core/gpu.ts";
import { figure, pciAddress, positive } from "./values.ts";

export interface Mig {
  /** Of the card. */
  readonly cardUuid: string;
  /** Counts within the card. */
  readonly index: number;
  /** "3g.40gb", "1c.3g.20gb", "1g.10gb+me". */
  readonly profile: string;
  readonly uuid: string;
}

type Memory = Pick<GpuStats, "vramTotalMb" | "vramUsedMb" | "vramFreeMb">;

export function migsOf(list: string): Mig[] {
  let cardUuid: string | undefined;
  return list.split(/\r?\n/).flatMap((line) => {
    cardUuid = /^GPU \d+: .*\(UUID: (GPU-[\w-]+)\)/.exec(line)?.[1] ?? cardUuid;
    const [, profile, index, uuid] = /^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[\w/-]+)\)/.exec(line) ?? [];
    return cardUuid && profile && uuid ? [{ cardUuid, index: Number(index), profile, uuid }] : [];
  });
}

/** By card and index: "0000:55:00.0/1". */
export function migMemory(xml: string): ReadonlyMap<string, Memory> {
  const entries = xml.split("<gpu id=").flatMap((card) => {
    const address = pciAddress(/^"([^"]*)"/.exec(card)?.[1]);
    return card
      .split("<mig_device>")
      .slice(1)
      .map((rest): [string, Memory] => {
        const device = rest.split("</mig_device>")[0] ?? "";
        const memory = device.split("<fb_memory_usage>")[1]?.split("</fb_memory_usage>")[0] ?? "";
        return [
          `${address}/${tag(device, "index")}`,
          {
            vramTotalMb: positive(tag(memory, "total")),
            vramUsedMb: figure(tag(memory, "used")),
            vramFreeMb: figure(tag(memory, "free")),
          },
        ];
      });
  });
  return new Map(entries);
}

/**
 * Instances stand in their card's place. Utilisation and power are measured for the whole card only, so an instance has
 * none; the temperature is the same for all of them.
 */
export function withMigs(
  cards: readonly GpuStats[],
  migs: readonly Mig[],
  memory: ReadonlyMap<string, Memory>,
): GpuStats[] {
  return cards.flatMap((card) => {
    const own = migs.filter(({ cardUuid }) => cardUuid === card.uuid);
    if (own.length === 0) return [card];
    return own.map(({ profile, uuid, index }) => ({
      name: `${card.name} MIG ${profile}`,
      vendor: card.vendor,
      uuid,
      pciAddress: card.pciAddress,
      driverVersion: card.driverVersion,
      temperatureC: card.temperatureC,
      ...memory.get(`${card.pciAddress}/${index}`),
    }));
  });
}

function tag(xml: string, name: string): string | undefined {
  return xml.split(`<${name}>`)[1]?.split("<")[0];
}
