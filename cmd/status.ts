// fxn status: ten lines about the running node, each problem with what to do next.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "clipanion";
import { CONFIG_FILE } from "../src/config/load.ts";
import { askControl } from "../src/lib/control-socket.ts";
import { EXIT, FxnCommand } from "./base.ts";
import { nodeStatus } from "./node-status.ts";
import { statusLines } from "./status-lines.ts";
import { VERSION } from "./version.ts";

export class StatusCommand extends FxnCommand {
  static override paths = [["status"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show how the running node is, and what to do next",
    details: `
      Asks the node that runs on this home: about ten lines, and where something is not well what to do about it. All the
      rest is in fxn top and in --json. Exit code 0 when it is ready to serve, 1 when it is not or does not run.
      --ready prints nothing: for health checks. --json prints the whole status; its shape has a version.
    `,
    examples: [
      ["For a person", "fxn status"],
      ["For a health check", "fxn status --ready"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "For a machine" });
  ready = Option.Boolean("--ready", false, { description: "Only the exit code" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const answer = await askControl(home, "GET", "/status");
    const status = answer ? nodeStatus.parse(answer.json) : undefined;
    if (this.ready) return status?.ready ? EXIT.ok : EXIT.failed;
    if (this.json) this.printJson(status ?? { schema: 1, running: false, home });
    else if (status) this.print(statusLines(status, VERSION).join("\n"));
    else if (existsSync(join(home, CONFIG_FILE))) this.print(`No node runs on ${home}. Start it with: fxn start`);
    else this.print(`No node runs on ${home}, and it has no ${CONFIG_FILE}: fxn init makes one, then fxn start`);
    return status?.ready ? EXIT.ok : EXIT.failed;
  }
}
