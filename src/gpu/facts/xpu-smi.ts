// Intel's cards, as xpu-smi tells them: a list, then properties and statistics of each card.
import { z } from "zod";
import type { GpuStats } from "../../core/gpu.ts";
import { jsonIn } from "./json-output.ts";
import { type GpuSource, noAnswer, vendorTool } from "./source.ts";
import { celsius, difference, figure, mibOfBytes, pciAddress, percent, positive, watts, word } from "./values.ts";

const XPU_SMI = vendorTool("xpu-smi", "/usr/bin", "/usr/local/bin");
const MOST_CARDS = 32;
const NONE = /no (gpu )?devices? (found|discovered)|"device_list":\s*(\[\s*\]|null)/i;
const devices = z.object({ device_list: z.array(z.object({ device_id: z.int().min(0) }).catch({ device_id: -1 })) });
const properties = z.record(z.string(), z.unknown()).catch({});
const statistics = z.object({ device_level: z.array(properties).catch([]) }).catch({ device_level: [] });

export const xpuSmi: GpuSource = {
  name: "xpu-smi",
  platforms: ["linux", "win32"],
  async read({ run }) {
    const list = await run(XPU_SMI, ["discovery", "-j"]);
    if (!list) return undefined;
    const ids = xpuIds(list.stdout);
    if (ids.length === 0 && !NONE.test(list.stdout)) throw noAnswer(list);
    const found: GpuStats[] = [];
    // One after the other: each call opens the driver anew.
    for (const id of ids) {
      const facts = await run(XPU_SMI, ["discovery", "-d", `${id}`, "-j"]);
      const figures = await run(XPU_SMI, ["stats", "-d", `${id}`, "-j"]);
      found.push(...parseXpuSmi(facts?.stdout ?? "", figures?.stdout ?? ""));
    }
    return found;
  },
};

export function xpuIds(list: string): number[] {
  const ids = devices.safeParse(jsonIn(list)).data?.device_list.map(({ device_id }) => device_id) ?? [];
  return [...new Set(ids)].filter((id) => id >= 0).slice(0, MOST_CARDS);
}

/** One card, or none when the tool named none. */
export function parseXpuSmi(facts: string, figures: string): GpuStats[] {
  const card = properties.parse(jsonIn(facts));
  const name = word(card.device_name);
  if (!name) return [];
  const stats = statistics.parse(jsonIn(figures)).device_level;
  const stat = (type: string) => stats.find((item) => item.metrics_type === `XPUM_STATS_${type}`)?.value;
  const total = mibOfBytes(positive(card.memory_physical_size_byte));
  const used = mib(stat("MEMORY_USED"));
  return [
    {
      name,
      vendor: "intel",
      uuid: word(card.uuid),
      pciAddress: pciAddress(card.pci_bdf_address),
      driverVersion: word(card.driver_version),
      vramTotalMb: total,
      vramUsedMb: used,
      vramFreeMb: difference(total, used),
      utilizationGpuPct: percent(stat("GPU_UTILIZATION")),
      temperatureC: celsius(stat("GPU_CORE_TEMPERATURE")),
      powerW: watts(stat("POWER")),
    },
  ];
}

/** MiB with decimals to whole ones. */
function mib(value: unknown): number | undefined {
  const amount = figure(value);
  return amount === undefined ? undefined : Math.round(amount);
}
