// THE COMMAND TABLE: every command of fxn; the path of a command is the path of its file.
import { Builtins, Cli } from "clipanion";
import { AccountsExportCommand } from "./accounts/export.ts";
import { AccountsGetCommand } from "./accounts/get.ts";
import { AccountsImportCommand } from "./accounts/import.ts";
import { AccountsListCommand } from "./accounts/list.ts";
import { AccountsNewCommand } from "./accounts/new.ts";
import { EXIT } from "./base.ts";
import { ChallengeListCommand } from "./challenge/list.ts";
import { ChallengeRehearseCommand } from "./challenge/rehearse.ts";
import { ChallengeRunCommand } from "./challenge/run.ts";
import { ChallengeVerifyCommand } from "./challenge/verify.ts";
import { ConfigCheckCommand } from "./config/check.ts";
import { ConfigSchemaCommand } from "./config/schema.ts";
import { ConfigShowCommand } from "./config/show.ts";
import { GpuBenchCommand } from "./gpu/bench.ts";
import { GpuListCommand } from "./gpu/list.ts";
import { InitCommand } from "./init.ts";
import { LedgerCommand } from "./ledger.ts";
import { LogLevelCommand } from "./log-level.ts";
import { RequestCommand } from "./request.ts";
import { StartCommand } from "./start.ts";
import { StatusCommand } from "./status.ts";
import { VERSION } from "./version.ts";

const COMMANDS = [
  InitCommand,
  StartCommand,
  AccountsNewCommand,
  AccountsGetCommand,
  AccountsListCommand,
  AccountsImportCommand,
  AccountsExportCommand,
  ConfigCheckCommand,
  ConfigShowCommand,
  ConfigSchemaCommand,
  StatusCommand,
  GpuListCommand,
  GpuBenchCommand,
  ChallengeListCommand,
  ChallengeRunCommand,
  ChallengeRehearseCommand,
  ChallengeVerifyCommand,
  LedgerCommand,
  RequestCommand,
  LogLevelCommand,
] as const;

export async function runCli(args: string[]): Promise<number> {
  const cli = new Cli({ binaryLabel: "fxn", binaryName: "fxn", binaryVersion: VERSION });
  cli.register(Builtins.HelpCommand);
  cli.register(Builtins.VersionCommand);
  for (const command of COMMANDS) cli.register(command);
  try {
    cli.process(args, Cli.defaultContext);
  } catch (error) {
    // Words that make no command: the library would say exit code 1, which is for work that failed.
    process.stderr.write(cli.error(error));
    return EXIT.usage;
  }
  return cli.run(args, Cli.defaultContext);
}
