// fxn gpu bench: how fast each engine of this machine multiplies, beside the fastest.
import { Command, Option, UsageError } from "clipanion";
import type { Precision } from "../../src/core/compute.ts";
import { messageOf } from "../../src/core/errors.ts";
import { benchEngine, type Measured } from "../../src/gpu/bench.ts";
import { Engines } from "../../src/gpu/engines.ts";
import { ENGINES } from "../../src/gpu/index.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { positive } from "../numbers.ts";
import { table } from "../table.ts";

const PRECISIONS = ["float32", "float64", "int8"] as const;

export class GpuBenchCommand extends FxnCommand {
  static override paths = [["gpu", "bench"]];
  static override usage = Command.Usage({
    category: "GPUs",
    description: "measure how fast each engine multiplies",
    details: `
      Opens every engine of this machine, each of which proves itself on products with known answers first, and multiplies
      random matrices: the best of three runs, without copies to and from the device. int8 counts operations. Engines that
      are not there are listed with the reason. Stop the node first, or its work is in the figures.
    `,
    examples: [
      ["Everything", "fxn gpu bench"],
      ["Only one precision, larger", "fxn gpu bench --size 4096,8192 --precision float32"],
    ],
  });

  size = Option.String("--size", "512,1024,2048", { description: "Sizes, comma-separated" });
  precision = Option.String("--precision", "float32,int8", { description: `Of ${PRECISIONS.join(", ")}` });
  threads = Option.String("--threads", "0", { description: "CPU threads; 0 is as many as there are cores" });
  softwareAdapter = Option.Boolean("--software-adapter", false, {
    description: "Also measure a graphics driver that computes on the CPU",
  });
  json = Option.Boolean("--json", false, { description: "For a machine" });

  protected async run(): Promise<number> {
    const sizes = this.size.split(",").map((text) => positive("--size", text.trim(), 32_768));
    const precisions = this.precision.split(",").map(precisionNamed);
    const threads = this.threads === "0" ? 0 : positive("--threads", this.threads, 256);
    const engines = await Engines.open(ENGINES, { threads, softwareAdapter: this.softwareAdapter });
    const measured: Measured[] = [];
    const failed: { engine: string; why: string }[] = [];
    for (const engine of engines.all()) {
      try {
        measured.push(...(await benchEngine(engine, sizes, precisions)));
      } catch (error) {
        failed.push({ engine: engine.kind, why: messageOf(error) });
      }
    }
    engines.close();
    const without = [...engines.missing.map(({ kind, why }) => ({ engine: kind, why })), ...failed];
    if (this.json) this.printJson({ schema: 1, measured, without });
    else this.print([benchTable(measured), ...without.map(({ engine, why }) => `${engine}: ${why}`)].join("\n"));
    return failed.length === 0 ? EXIT.ok : EXIT.failed;
  }
}

export function benchTable(measured: readonly Measured[]): string {
  const bestOf = ({ precision, size }: Measured) =>
    Math.max(...measured.filter((one) => one.precision === precision && one.size === size).map(({ gflops }) => gflops));
  return table(
    ["engine", "device", "by", "precision", "size", "GFLOPS", "of the best"],
    measured.map((one) => [
      one.engine,
      one.device,
      one.api,
      one.precision,
      String(one.size),
      one.gflops.toFixed(1),
      `${Math.round((100 * one.gflops) / bestOf(one))}%`,
    ]),
  );
}

function precisionNamed(text: string): Precision {
  const found = PRECISIONS.find((name) => name === text.trim());
  if (found) return found;
  throw new UsageError(`--precision: "${text}" is none of ${PRECISIONS.join(", ")}`);
}
