// What the exports share: to standard output, or to a file that is not there yet.
import { writeFileSync } from "node:fs";
import { Option } from "clipanion";
import { FxnError, messageOf } from "../src/core/errors.ts";
import { EXIT, FxnCommand } from "./base.ts";
import type { ValuesOf } from "./manual/values.ts";

export abstract class ExportCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--output": "file" };

  output = Option.String("--output", { description: "File to write; default: standard output" });
  force = Option.Boolean("--force", false, { description: "Write over a file that is there" });

  protected abstract text(): string;

  protected async run(): Promise<number> {
    if (this.output === undefined) this.context.stdout.write(this.text());
    else this.#write(this.output, this.text());
    return EXIT.ok;
  }

  #write(path: string, text: string): void {
    try {
      writeFileSync(path, text, { flag: this.force ? "w" : "wx" });
    } catch (cause) {
      const there = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      throw there
        ? new FxnError("file_exists", 409, `${path} is there already`, { hint: "Write over it with --force." })
        : new FxnError("file_not_written", 500, `${path} could not be written: ${messageOf(cause)}`, { cause });
    }
    this.print(`${path} is written`);
  }
}
