// fxn restart: a new process takes over from the running node, and no caller notices.
import { Command } from "clipanion";
import { EXIT, FxnCommand } from "./base.ts";
import { restartNode } from "./restart-node.ts";

export class RestartCommand extends FxnCommand {
  static override paths = [["restart"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "let a new process take over from the running node",
    details: `
      The new process reads the configuration and the program file as they are now, and makes itself ready. Only then do
      callers come to it, on the same port, and the old one ends what it has begun, up to shutdown.restartDeadline. If
      the new one cannot serve, the old one goes on as it was. Linux only, and not with store.url.
    `,
    examples: [["After a change of config.yaml", "fxn restart"]],
  });

  protected async run(): Promise<number> {
    const { pid, version } = await restartNode(this.homeDir());
    this.print(`fxn ${version} has taken over (pid ${pid}); what the old process has begun goes on to its end`);
    return EXIT.ok;
  }
}
