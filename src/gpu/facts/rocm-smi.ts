// AMD's cards, as rocm-smi tells them: the tool before amd-smi, whose key names differ from release to release.
import { z } from "zod";
import type { GpuStats } from "../../core/gpu.ts";
import { jsonIn } from "./json-output.ts";
import { type GpuSource, noAnswer, vendorTool } from "./source.ts";
import { celsius, difference, figure, mibOfBytes, pciAddress, percent, positive, watts, word } from "./values.ts";

const ROCM_SMI = vendorTool("rocm-smi", "/usr/bin", "/opt/rocm/bin");
/** Not --showallinfo: in ROCm 7.2 a table of clocks that nobody needs here ends the whole program. */
const ARGS = [
  "--showproductname",
  "--showbus",
  "--showuse",
  "--showmemuse",
  "--showmeminfo",
  "vram",
  "--showtemp",
  "--showpower",
  "--showmaxpower",
  "--showdriverversion",
  "--json",
];
const report = z.record(z.string(), z.record(z.string(), z.unknown()).catch({}));

export const rocmSmi: GpuSource = {
  name: "rocm-smi",
  platforms: ["linux"],
  async read({ run }) {
    const output = await run(ROCM_SMI, ARGS);
    if (!output) return undefined;
    const found = parseRocmSmi(output.stdout);
    if (found.length === 0) throw noAnswer(output);
    return found;
  },
};

export function parseRocmSmi(text: string): GpuStats[] {
  const groups = Object.entries(report.safeParse(jsonIn(text)).data ?? {});
  const driverVersion = word(lower(groups.find(([name]) => name === "system")?.[1] ?? {})["driver version"]);
  return groups
    .filter(([name]) => /^card\d+$/.test(name))
    .map(([, group]): GpuStats => {
      const card = lower(group);
      const total = mibOfBytes(positive(card["vram total memory (b)"]));
      const used = mibOfBytes(figure(card["vram total used memory (b)"]));
      return {
        name: word(card["card series"]) ?? word(card["device name"]) ?? word(card["card model"]) ?? "AMD GPU",
        vendor: "amd",
        pciAddress: pciAddress(card["pci bus"]),
        driverVersion,
        vramTotalMb: total,
        vramUsedMb: used,
        vramFreeMb: difference(total, used),
        utilizationGpuPct: percent(card["gpu use (%)"]),
        utilizationMemPct: percent(card["gpu memory read/write activity (%)"] ?? card["gpu memory use (%)"]),
        temperatureC:
          celsius(card["temperature (sensor edge) (c)"]) ?? celsius(card["temperature (sensor junction) (c)"]),
        powerW:
          watts(card["average graphics package power (w)"]) ?? watts(card["current socket graphics package power (w)"]),
        powerLimitW: watts(card["max graphics package power (w)"]),
      };
    });
}

/** "Card series" became "Card Series", "(c)" became "(C)": case means nothing. */
function lower(group: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key.toLowerCase(), value]));
}
