// fxn infernet gpu: what the network is told of this machine's GPUs, word for word.
import { Command, Option } from "clipanion";
import { systemClock } from "../../src/core/clock.ts";
import { askSources } from "../../src/gpu/facts/ask.ts";
import { localMachine } from "../../src/gpu/facts/local-machine.ts";
import { mergeCards } from "../../src/gpu/facts/merge.ts";
import { hardware } from "../../src/networks/infernet/specs.ts";
import { EXIT, FxnCommand } from "../base.ts";
import { table } from "../table.ts";

export class InfernetGpuCommand extends FxnCommand {
  static override paths = [["infernet", "gpu"]];
  static override usage = Command.Usage({
    category: "Infernet",
    description: "show what the network is told of this machine's GPUs",
    details: "Vendor, model and a range of memory: no more leaves this machine. All that is known is in fxn gpu list.",
    examples: [["As it is sent", "$0 infernet gpu --json"]],
  });

  json = Option.Boolean("--json", false, { description: "As it is sent" });

  protected async run(): Promise<number> {
    const told = hardware(mergeCards((await askSources(localMachine(systemClock))).map((report) => report.gpus)));
    if (this.json) this.printJson(told);
    else if (told.gpu_count === 0) this.print("No GPU was found; see fxn gpu list.");
    else
      this.print(
        table(
          ["vendor", "memory", "model"],
          told.gpus.map(({ vendor, vram_tier: tier, model }) => [vendor, tier, model ?? "-"]),
        ),
      );
    return EXIT.ok;
  }
}
