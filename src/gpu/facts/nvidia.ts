// NVIDIA's cards, as nvidia-smi tells them; a card in MIG mode gives way to its instances.
import type { GpuStats } from "../../core/gpu.ts";
import { migMemory, migsOf, withMigs } from "./nvidia-mig.ts";
import { type GpuSource, noAnswer, vendorTool } from "./source.ts";
import { celsius, figure, pciAddress, percent, positive, watts, word } from "./values.ts";

const NVIDIA_SMI = vendorTool(
  "nvidia-smi",
  "/usr/bin",
  "/usr/lib/wsl/lib",
  "C:\\Windows\\System32",
  "C:\\Program Files\\NVIDIA Corporation\\NVSMI",
);
/** Known to every driver since 2015: one unknown field and nvidia-smi answers nothing. The name, in which commas may be, is last. */
const QUERY = [
  "pci.bus_id",
  "uuid",
  "driver_version",
  "memory.total",
  "memory.used",
  "memory.free",
  "utilization.gpu",
  "utilization.memory",
  "temperature.gpu",
  "power.draw",
  "power.limit",
  "name",
];

export const nvidiaSmi: GpuSource = {
  name: "nvidia-smi",
  platforms: ["linux", "win32"],
  async read({ run }) {
    const [query, list] = await Promise.all([
      run(NVIDIA_SMI, [`--query-gpu=${QUERY.join(",")}`, "--format=csv,noheader,nounits"]),
      run(NVIDIA_SMI, ["-L"]),
    ]);
    if (!query || !list) return undefined;
    const cards = parseNvidiaSmi(query.stdout);
    if (cards.length === 0 && !/no devices were found/i.test(query.stdout)) throw noAnswer(query);
    const migs = migsOf(list.stdout);
    if (migs.length === 0) return cards;
    // Of their memory alone: without it they are listed all the same.
    const details = await run(NVIDIA_SMI, ["-q", "-x"]).catch(() => undefined);
    return withMigs(cards, migs, migMemory(details?.stdout ?? ""));
  },
};

/** One card per line; lines that are none (warnings, cut ones, cards that fell off the bus) are left out. */
export function parseNvidiaSmi(csv: string): GpuStats[] {
  return csv.split(/\r?\n/).flatMap((line) => {
    // A comma without a space is part of a number.
    const fields = line.split(", ");
    const field = (name: string) => fields[QUERY.indexOf(name)];
    const name = word(fields.slice(QUERY.length - 1).join(", "));
    const address = pciAddress(field("pci.bus_id"));
    if (!name || !address) return [];
    return [
      {
        name,
        vendor: "nvidia",
        uuid: word(field("uuid")),
        pciAddress: address,
        driverVersion: word(field("driver_version")),
        vramTotalMb: positive(field("memory.total")),
        vramUsedMb: figure(field("memory.used")),
        vramFreeMb: figure(field("memory.free")),
        utilizationGpuPct: percent(field("utilization.gpu")),
        utilizationMemPct: percent(field("utilization.memory")),
        temperatureC: celsius(field("temperature.gpu")),
        powerW: watts(field("power.draw")),
        powerLimitW: watts(field("power.limit")),
      },
    ];
  });
}
