// The cards of a Mac, as system_profiler tells them: Apple's own, and AMD's, Intel's and NVIDIA's in older Macs.
import { z } from "zod";
import type { GpuStats } from "../../core/gpu.ts";
import { jsonIn } from "./json-output.ts";
import { type GpuSource, noAnswer, vendorTool } from "./source.ts";
import { positive, word } from "./values.ts";
import { vendorOf } from "./vendor.ts";

const SYSTEM_PROFILER = vendorTool("system_profiler", "/usr/sbin");
const report = z.object({ SPDisplaysDataType: z.array(z.record(z.string(), z.unknown()).catch({})) });

export const systemProfiler: GpuSource = {
  name: "system_profiler",
  platforms: ["darwin"],
  async read({ run }) {
    const output = await run(SYSTEM_PROFILER, ["SPDisplaysDataType", "-json"]);
    if (!output) return undefined;
    const found = parseSystemProfiler(output.stdout);
    if (!found) throw noAnswer(output);
    return found;
  },
};

/** `undefined`: the text is no answer. A virtual machine's display adapter is no GPU. */
export function parseSystemProfiler(text: string): GpuStats[] | undefined {
  return report.safeParse(jsonIn(text)).data?.SPDisplaysDataType.flatMap((card) => {
    const name = word(card.sppci_model) ?? word(card._name);
    const vendor = vendorOf(`${card.spdisplays_vendor} ${name}`);
    if (!name || !vendor) return [];
    const unifiedMemory = vendor === "apple" || undefined;
    // Apple's chips share the machine's memory: no figure is theirs.
    const memory = unifiedMemory
      ? undefined
      : (card.spdisplays_vram ?? card.spdisplays_vram_shared ?? card._spdisplays_vram);
    return [{ name, vendor, vramTotalMb: mib(memory), unifiedMemory }];
  });
}

/** "8 GB", "1536 MB". */
function mib(text: unknown): number | undefined {
  const [, amount, unit] = typeof text === "string" ? (/^(\d+) ([GM])B$/.exec(text) ?? []) : [];
  const value = positive(amount);
  return value === undefined ? undefined : value * (unit === "G" ? 1024 : 1);
}
