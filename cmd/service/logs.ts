// fxn service logs: the log of the service, from wherever the system keeps it.
import { spawn } from "node:child_process";
import { Command, Option, UsageError } from "clipanion";
import { ServiceError } from "../../src/service/errors.ts";
import { EXIT } from "../base.ts";
import { ServiceCommand } from "./service-command.ts";

export class ServiceLogsCommand extends ServiceCommand {
  static override paths = [["service", "logs"]];
  static override usage = Command.Usage({
    category: "Operating",
    description: "show the log of the service",
    details: `
      From the journal on Linux, else from fxn.log in the home. The exit code is that of the program that shows it.
    `,
    examples: [
      ["The last hundred lines", "fxn service logs"],
      ["And those to come", "fxn service logs --follow -n 20"],
    ],
  });

  follow = Option.Boolean("-f,--follow", false, { description: "Go on with what is written from now on" });
  lines = Option.String("-n,--lines", "100", { description: "How many of the last lines" });

  protected async run(): Promise<number> {
    if (!/^\d{1,7}$/.test(this.lines)) throw new UsageError("-n takes a number of lines");
    const words = this.manager().logs(this.place(), { lines: Number(this.lines), follow: this.follow });
    return show(words, this.context.env);
  }
}

/** Its output is this program's. Ctrl-C reaches both, and ends what shows the log. */
function show([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: "inherit" });
    child.on("error", (cause) =>
      reject(
        new ServiceError(
          "service_command_failed",
          `${program} could not be run`,
          "Is it installed, and in PATH?",
          cause,
        ),
      ),
    );
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? EXIT.ok : EXIT.failed)));
  }).finally(() => process.off("SIGINT", ignore));
}
