// AMD's cards, as amd-smi (ROCm 6 and newer) tells them: what a card is from `static`, what it does from `metric`.
import { z } from "zod";
import type { GpuStats } from "../../core/gpu.ts";
import { jsonIn } from "./json-output.ts";
import { type GpuSource, noAnswer, vendorTool } from "./source.ts";
import { celsius, figure, pciAddress, percent, watts, word } from "./values.ts";

const AMD_SMI = vendorTool("amd-smi", "/usr/bin", "/opt/rocm/bin");

/** A group that a card lacks is "N/A" or not there. */
const group = z.record(z.string(), z.unknown()).catch({});
const card = z.object({
  gpu: z.number(),
  asic: group,
  board: group,
  bus: group,
  driver: group,
  vram: group,
  limit: group,
  usage: group,
  power: group,
  temperature: group,
  mem_usage: group,
});
/** ROCm 7 puts the list of ROCm 6 into an object. */
const cards = z.union([
  z.array(z.unknown()),
  z.object({ gpu_data: z.array(z.unknown()) }).transform(({ gpu_data }) => gpu_data),
]);
const quantity = z.object({ value: z.unknown(), unit: z.string().optional() });
const MIB_PER_UNIT: Readonly<Record<string, number>> = { MB: 1, MIB: 1, GB: 1024, GIB: 1024 };

export const amdSmi: GpuSource = {
  name: "amd-smi",
  platforms: ["linux", "win32"],
  async read({ run }) {
    const [facts, figures] = await Promise.all([
      run(AMD_SMI, ["static", "--json"]),
      run(AMD_SMI, ["metric", "--json"]),
    ]);
    if (!facts || !figures) return undefined;
    const found = parseAmdSmi(facts.stdout, figures.stdout);
    if (found.length === 0) throw noAnswer(facts);
    return found;
  },
};

export function parseAmdSmi(facts: string, figures: string): GpuStats[] {
  const metrics = cardsIn(figures);
  return cardsIn(facts).map((fact): GpuStats => {
    const metric = metrics.find(({ gpu }) => gpu === fact.gpu);
    const { usage = {}, power = {}, temperature = {}, mem_usage: memory = {} } = metric ?? {};
    return {
      name: word(fact.asic.market_name) ?? word(fact.board.product_name) ?? "AMD GPU",
      vendor: "amd",
      pciAddress: pciAddress(fact.bus.bdf),
      driverVersion: word(fact.driver.version) ?? word(fact.driver.driver_version),
      vramTotalMb: mib(memory.total_vram) || mib(fact.vram.size) || undefined,
      vramUsedMb: mib(memory.used_vram),
      vramFreeMb: mib(memory.free_vram),
      utilizationGpuPct: percent(bare(usage.gfx_activity)),
      utilizationMemPct: percent(bare(usage.umc_activity)),
      // Instinct cards have no sensor at the edge.
      temperatureC: celsius(bare(temperature.edge)) ?? celsius(bare(temperature.hotspot)),
      powerW: watts(bare(power.socket_power)) ?? watts(bare(power.current_socket_power)),
      powerLimitW: powerLimit(fact.limit),
    };
  });
}

function cardsIn(text: string): z.infer<typeof card>[] {
  const list = cards.safeParse(jsonIn(text)).data ?? [];
  return list.flatMap((item) => card.safeParse(item).data ?? []);
}

/** One limit in ROCm 6; one for each power rail in ROCm 7, of which the first is the whole card's. */
function powerLimit(limit: Record<string, unknown>): number | undefined {
  const { ppt0, socket_power, max_power } = limit;
  const whole = group.parse(ppt0).socket_power_limit;
  return watts(bare(whole)) ?? watts(bare(socket_power)) ?? watts(bare(max_power));
}

/** `{ value, unit }` since ROCm 6; older ones give the value alone. */
function bare(value: unknown): unknown {
  return quantity.safeParse(value).data?.value ?? value;
}

function mib(value: unknown): number | undefined {
  const amount = figure(bare(value));
  const factor = MIB_PER_UNIT[(quantity.safeParse(value).data?.unit ?? "MB").toUpperCase()];
  return amount !== undefined && factor ? Math.round(amount * factor) : undefined;
}
