// What commands that need a key's password share: the flags that say where it is, and the terminal that asks for it.

import { resolve } from "node:path";
import { Option, UsageError } from "clipanion";
import { type Passwords, passwordsFrom } from "../src/keys/password.ts";
import { loadConfig } from "../src/networks/config.ts";
import { FxnCommand } from "./base.ts";
import type { ValuesOf } from "./manual/values.ts";
import { type Terminal, terminalOf } from "./prompt.ts";

export abstract class KeyCommand extends FxnCommand {
  static override values: ValuesOf = { ...FxnCommand.values, "--password-file": "file" };

  passwordFile = Option.String("--password-file", {
    description: "File that holds the key's password; mode 0600",
  });

  passwordFd = Option.String("--password-fd", {
    description: "Number of an open file descriptor from which the key's password is read",
  });

  /** undefined when nobody is there to answer. */
  protected terminal(): Terminal | undefined {
    return terminalOf(this.context.stdin, this.context.stderr);
  }

  /** @param configFile keystore.passwordFile of config.yaml; relative to home */
  protected passwords(configFile?: string): Passwords {
    return passwordsFrom(
      {
        file: this.passwordFile,
        fd: descriptor(this.passwordFd),
        configFile: configFile === undefined ? undefined : resolve(this.homeDir(), configFile),
      },
      {
        env: this.context.env,
        prompt: this.terminal()?.askHidden,
        warn: (message) => this.printError(`fxn: ${message}`),
      },
    );
  }

  /** The same where nobody may be asked, and the descriptor was read to its end before. */
  protected passwordsUnasked(configFile?: string): Passwords {
    return passwordsFrom(
      {
        file: this.passwordFile,
        configFile: configFile === undefined ? undefined : resolve(this.homeDir(), configFile),
      },
      { env: this.context.env, prompt: undefined, warn: (message) => this.printError(`fxn: ${message}`) },
    );
  }

  /** The same for commands that need nothing else of config.yaml: it is read only when no flag says where the password is. */
  protected async passwordsOfHome(): Promise<Passwords> {
    if (this.passwordFile !== undefined || this.passwordFd !== undefined) return this.passwords();
    const ports = { home: this.homeDir(), env: this.context.env };
    return this.passwords((await loadConfig(ports)).config.keystore.passwordFile);
  }
}

function descriptor(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError("--password-fd takes a number, such as: --password-fd 3 3< FILE");
}
