// fxn man: prints the manual page.
import { Command } from "clipanion";
import { EXIT, FxnCommand } from "./base.ts";
import { allCommands } from "./cli.ts";
import { manualPage } from "./manual/page.ts";
import { VERSION } from "./version.ts";

const EXIT_CODES = [
  [EXIT.ok, "Done; for status: ready."],
  [EXIT.failed, "Failed; for status: not ready, or not running; where an answer is checked: something is at fault."],
  [EXIT.usage, "The command line is wrong."],
  [EXIT.keyRefused, "The key was refused: readable by others, wrong or missing password, broken file."],
  [EXIT.badConfig, "The configuration is wrong."],
] as const;

const FILES = [
  ["~/.fxn", "The home; --home or $FXN_HOME names another."],
  ["config.yaml", "In the home: settings. `fxn config schema` describes them."],
  ["model_backend.yaml", "In the home: models, and the servers that have them."],
  ["nodekey.json", "In the home: the node's key."],
] as const;

/** Of all commands; what the archives of a release hold, too. */
export async function manual(version: string): Promise<string> {
  return manualPage(await allCommands(), { version, exitCodes: EXIT_CODES, files: FILES });
}

export class ManCommand extends FxnCommand {
  static override paths = [["man"]];
  static override usage = Command.Usage({
    category: "Setting up",
    description: "print the manual page, for man",
    details: "All commands with their options, as roff. The archives of a release have it as fxn.1.",
    examples: [["Read it", "fxn man | man -l -"]],
  });

  protected async run(): Promise<number> {
    this.context.stdout.write(await manual(VERSION));
    return EXIT.ok;
  }
}
