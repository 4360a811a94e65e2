// fxn gpu list: the GPUs of this machine and what is known of them, and which sources said so.
import { Command, Option } from "clipanion";
import { systemClock } from "../../src/core/clock.ts";
import type { GpuStats } from "../../src/core/gpu.ts";
import { askSources, type SourceReport } from "../../src/gpu/facts/ask.ts";
import { localMachine } from "../../src/gpu/facts/local-machine.ts";
import { mergeCards } from "../../src/gpu/facts/merge.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

export class GpuListCommand extends FxnCommand {
  static override paths = [["gpu", "list"]];
  static override usage = Command.Usage({
    category: "GPUs",
    description: "list the GPUs, and what is known of them",
    details: `
      Asks the vendors' tools and the kernel's drivers now; the node need not run. "-" is what nobody tells. A card in
      MIG mode gives way to its instances. --verbose adds what each source said, which is also shown when no GPU is
      found. --json prints all that is known; what is not known is not there. Its shape has a version.
    `,
    examples: [
      ["For a person", "fxn gpu list"],
      ["Why is my card not there?", "fxn gpu list --verbose"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });
  verbose = Option.Boolean("-v,--verbose", false, { description: "Also what each source said" });

  protected async run(): Promise<number> {
    const reports = await askSources(localMachine(systemClock));
    const gpus = mergeCards(reports.map((report) => report.gpus));
    if (this.json) {
      this.printJson({ schema: 1, gpus, sources: reports.map(({ source, state, why }) => ({ source, state, why })) });
      return EXIT.ok;
    }
    this.print(gpuTable(gpus));
    if (this.verbose || gpus.length === 0) this.print(sourceLines(reports));
    return EXIT.ok;
  }
}

export function gpuTable(gpus: readonly GpuStats[]): string {
  if (gpus.length === 0) return "No GPU was found. Asked were:";
  return table(
    ["gpu", "vendor", "name", "memory", "busy", "temperature", "power", "driver"],
    gpus.map((gpu, index) => [
      index,
      gpu.vendor,
      gpu.name,
      memory(gpu),
      withUnit(gpu.utilizationGpuPct, "%"),
      withUnit(gpu.temperatureC, " °C"),
      withUnit(gpu.powerW, " W"),
      gpu.driverVersion ?? "-",
    ]),
  );
}

export function sourceLines(reports: readonly SourceReport[]): string {
  const width = Math.max(0, ...reports.map(({ source }) => source.length));
  return reports.map((report) => `  ${report.source.padEnd(width)}  ${said(report)}`).join("\n");
}

function said({ state, why, gpus }: SourceReport): string {
  if (state === "missing") return "not on this machine";
  if (state === "failed") return `failed: ${why}`;
  return gpus.length === 1 ? "1 device" : `${gpus.length} devices`;
}

function memory({ vramUsedMb: used, vramTotalMb: total, unifiedMemory }: GpuStats): string {
  if (used === undefined && total === undefined) return unifiedMemory ? "unified" : "-";
  return `${gib(used)} / ${gib(total)} GiB`;
}

function gib(mib: number | undefined): string {
  return mib === undefined ? "-" : (mib / 1024).toFixed(1);
}

function withUnit(value: number | undefined, unit: string): string {
  return value === undefined ? "-" : `${Math.round(value)}${unit}`;
}
