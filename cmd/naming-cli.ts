// clipanion's Cli, whose help names the value that an option takes: "--password-file FILE" and not "--password-file #0".
import { Cli } from "clipanion";
import { VERSION } from "./version.ts";

export class NamingCli extends Cli {
  constructor() {
    const { stdout, env } = Cli.defaultContext;
    // The library looks at the kind of terminal alone, and so writes colours into pipes.
    const enableColors = "isTTY" in stdout && stdout.isTTY === true && !env.NO_COLOR;
    super({ binaryName: "fxn", binaryVersion: VERSION, enableColors });
  }

  protected override getUsageByIndex(...args: Parameters<Cli["getUsageByIndex"]>) {
    const { usage, options } = super.getUsageByIndex(...args);
    return {
      usage: named(usage),
      options: options.map((option) => ({ ...option, definition: named(option.definition) })),
    };
  }

  override error(...args: Parameters<Cli["error"]>): string {
    return named(super.error(...args));
  }
}

/** The last word of an option's name says what it takes. */
function named(text: string): string {
  return text.replaceAll(/([a-z]+) #\d/g, (_, word: string) => `${word} ${word.toUpperCase()}`);
}
