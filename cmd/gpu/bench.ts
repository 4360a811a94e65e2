// fxn gpu bench: how fast each engine of this machine multiplies, beside the fastest.

import { Command, Option, UsageError } from "clipanion";
import { systemClock } from "../../src/core/clock.ts";
import type { Precision } from "../../src/core/compute.ts";
import type { Log } from "../../src/core/log.ts";
import { type Benched, createCompute } from "../../src/node/compute.ts";
import { EXIT, FxnCommand } from "../base.ts";
import type { ValuesOf } from "../manual/values.ts";
import { positive } from "../numbers.ts";
import { COMPUTE_PROCESS, selfCommand } from "../process-words.ts";
import { table } from "../table.ts";

/** What there is and is not stands in the table. */
const QUIET: Log = { debug() {}, info() {}, warn() {}, error() {} };

const PRECISIONS = ["float32", "float64", "int8"] as const;

export class GpuBenchCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--precision": PRECISIONS };

  static override paths = [["gpu", "bench"]];
  static override usage = Command.Usage({
    category: "GPUs",
    description: "measure how fast each engine multiplies",
    details: `
      Opens every engine of this machine, each of which proves itself on products with known answers first, and multiplies
      random matrices: the best of three runs or more, without copies to and from the device. int8 counts operations.
      Engines that are not there are listed with the reason. Stop the node first, or its work is in the figures.
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
    const compute = createCompute(
      { command: [...selfCommand(), COMPUTE_PROCESS], env: this.context.env, clock: systemClock, log: QUIET },
      { threads, softwareAdapter: this.softwareAdapter, memoryBytes: Number.MAX_SAFE_INTEGER },
      () => {},
    );
    try {
      const { measured, missing } = await compute.bench(sizes, precisions, new AbortController().signal);
      if (this.json) this.printJson({ schema: 1, measured, missing });
      else this.print([benchTable(measured), ...missing.map(({ kind, why }) => `${kind}: ${why}`)].join("\n"));
      return EXIT.ok;
    } finally {
      compute.stop();
    }
  }
}

type Measured = Benched["measured"][number];

function benchTable(measured: readonly Measured[]): string {
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
