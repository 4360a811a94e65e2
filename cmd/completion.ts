// fxn completion: prints the script with which a shell completes fxn's commands, options and values.
import { Command, Option, UsageError } from "clipanion";
import { EXIT, FxnCommand } from "./base.ts";
import { allCommands } from "./cli.ts";
import { bashCompletion } from "./manual/bash.ts";
import { fishCompletion } from "./manual/fish.ts";
import type { ValuesOf } from "./manual/values.ts";
import { zshCompletion } from "./manual/zsh.ts";

/** By the name of the shell. */
export const COMPLETIONS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const isShell = (name: string): name is keyof typeof COMPLETIONS => Object.hasOwn(COMPLETIONS, name);

export class CompletionCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, SHELL: Object.keys(COMPLETIONS) };

  static override paths = [["completion"]];
  static override usage = Command.Usage({
    category: "Setting up",
    description: "print a script that completes commands for your shell",
    details: `SHELL is ${Object.keys(COMPLETIONS).join(", ")}. The archives of a release have the same scripts as files.`,
    examples: [
      ["For bash, in ~/.bashrc", "source <(fxn completion bash)"],
      ["For zsh, in ~/.zshrc behind compinit", "source <(fxn completion zsh)"],
      ["For fish", "fxn completion fish > ~/.config/fish/completions/fxn.fish"],
    ],
  });

  shell = Option.String({ name: "SHELL", required: true });

  protected async run(): Promise<number> {
    if (!isShell(this.shell))
      throw new UsageError(`SHELL: "${this.shell}" is none of ${Object.keys(COMPLETIONS).join(", ")}`);
    this.context.stdout.write(COMPLETIONS[this.shell](await allCommands()));
    return EXIT.ok;
  }
}
