// fxn log-level: changes how much the running node logs, until its next start.

import { Command, Option } from "clipanion";
import { askControl } from "../src/lib/control-socket.ts";
import type { LogLevel } from "../src/observe/logger.ts";
import { EXIT, FxnCommand } from "./base.ts";
import type { ValuesOf } from "./manual/values.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export class LogLevelCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, LEVEL: LEVELS };

  static override paths = [["log-level"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "change how much the running node logs",
    details:
      "Takes effect at once and lasts until the node's next start; logger.verbosity in config.yaml is not changed.",
    examples: [["See every step", "fxn log-level debug"]],
  });

  level = Option.String({ name: "LEVEL", required: true });

  protected async run(): Promise<number> {
    const answer = await askControl(this.homeDir(), "PUT", `/log-level/${encodeURIComponent(this.level)}`);
    if (!answer) {
      this.printError(`fxn: no node runs on ${this.homeDir()}`);
      this.printError("  Start it: fxn start. Its level from the start is logger.verbosity in config.yaml.");
      return EXIT.failed;
    }
    if (answer.status !== 200) {
      this.printError(`fxn: "${this.level}" is no log level: ${LEVELS.join(", ")}`);
      return EXIT.usage;
    }
    this.print(`The node logs from ${this.level} up now.`);
    return EXIT.ok;
  }
}
