// What every command shares: --home, printing, and how an error becomes a message, a hint and an exit code.
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { Command, Option, UsageError } from "clipanion";
import { FxnError, messageOf } from "../src/core/errors.ts";
import { readSmallFile } from "../src/lib/small-file.ts";
import type { ValuesOf } from "./manual/values.ts";

/** Documented in the README; scripts rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, keyRefused: 77, badConfig: 78, drained: 79 } as const;

/** As shells have it of a program that a signal has ended. */
export const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

/** The largest body that a node may be told to take. */
const MOST_INPUT_BYTES = 100_000_000;

const EXIT_OF_CODE: Readonly<Record<string, number>> = {
  config_invalid: EXIT.badConfig,
  tls_files_invalid: EXIT.badConfig,
  key_file_open_to_others: EXIT.keyRefused,
  key_wrong_password: EXIT.keyRefused,
  key_password_missing: EXIT.keyRefused,
  key_password_invalid: EXIT.keyRefused,
  key_file_invalid: EXIT.keyRefused,
};

/** It is there, and something else. */
function isNoFolder(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}

export abstract class FxnCommand extends Command {
  /** What shells complete where this command takes a value. */
  static values: ValuesOf = { "--home": "folder" };

  home = Option.String("--home", {
    description: "Folder of the node's files; default: $FXN_HOME, else ~/.fxn",
  });

  /** The command's work; the result is the exit code. */
  protected abstract run(): Promise<number>;

  override async execute(): Promise<number> {
    try {
      return await this.run();
    } catch (error) {
      if (error instanceof UsageError) {
        this.printError(`fxn: ${error.message}`);
        return EXIT.usage;
      }
      const known = error instanceof FxnError;
      this.printError(`fxn: ${messageOf(error)}`);
      if (known && error.hint) this.printError(`  ${error.hint}`);
      if (!known && error instanceof Error && error.stack) this.printError(error.stack);
      return known ? (EXIT_OF_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
    }
  }

  /** Made by the command where it is not there. @throws UsageError for what can be no folder */
  protected homeDir(): string {
    // A script's variable that was not set: what is here is not meant.
    if (this.home === "") throw new UsageError("--home: the folder's name is empty");
    const home = resolve(this.home ?? (process.env.FXN_HOME || resolve(homedir(), ".fxn")));
    if (isNoFolder(home))
      throw new UsageError(`${this.home === undefined ? "FXN_HOME" : "--home"}: ${home} is no folder`);
    return home;
  }

  /** All of standard input. @throws UsageError where it does not end */
  protected async readInput(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.context.stdin) {
      length += chunk.length;
      if (length > MOST_INPUT_BYTES) throw new UsageError("standard input has more than 100 MB: is it the right file?");
      chunks.push(Buffer.from(chunk));
    }
    return Buffer.concat(chunks);
  }

  /** What a person names on the command line, "-" for standard input; `option` is for messages. @throws UsageError */
  protected async readNamed(option: string, file: string): Promise<Buffer> {
    if (file === "-") return this.readInput();
    if (file === "") throw new UsageError(`${option}: the file's name is missing`);
    try {
      return readSmallFile(file, { mostBytes: MOST_INPUT_BYTES, orPipe: true });
    } catch (error) {
      throw new UsageError(`${option}: ${file} cannot be read: ${messageOf(error)}`);
    }
  }

  protected print(text: string): void {
    this.context.stdout.write(`${text}\n`);
  }

  protected printError(text: string): void {
    this.context.stderr.write(`${text}\n`);
  }

  protected printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }
}
