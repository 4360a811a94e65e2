// THE COMMAND TABLE: every command of fxn; the path of a command is the path of its file.
import { Builtins, Cli } from "clipanion";
import { VERSION } from "./version.ts";

const COMMANDS = [] as const;

export async function runCli(args: string[]): Promise<number> {
  const cli = new Cli({ binaryLabel: "fxn", binaryName: "fxn", binaryVersion: VERSION });
  cli.register(Builtins.HelpCommand);
  cli.register(Builtins.VersionCommand);
  for (const command of COMMANDS) cli.register(command);
  return cli.run(args, Cli.defaultContext);
}
