// fxn oarn wallet create: a new key for OARN, of words that are shown once.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "clipanion";
import type { Secret } from "../../../src/core/secret.ts";
import { FIRST_ACCOUNT, keyFromMnemonic, newMnemonic } from "../../../src/keys/mnemonic.ts";
import { writeNew } from "../../../src/lib/private-file.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import { PromptError } from "../../prompt.ts";
import { WalletKeyCommand } from "./wallet-key.ts";

export class OarnWalletCreateCommand extends WalletKeyCommand {
  static override values: ValuesOf = { ...WalletKeyCommand.values, "--words-file": "file" };
  static override paths = [["oarn", "wallet", "create"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "make a new key for OARN, of 24 words",
    details: `
      The words (BIP-39) are the key: whoever has them has its ETH. They are shown once, on a terminal, to be written down on
      paper, or written to a new file with --words-file; nothing else of fxn keeps them. Their first account
      (${FIRST_ACCOUNT}) becomes the key that networks.oarn.account names, encrypted with a password. A key that is there is
      never overwritten.

      The password comes from --password-file or --password-fd, networks.oarn.passwordFile, OARN_WALLET_PASSWORD, else as for
      the node's own key.
    `,
    examples: [
      ["On a terminal", "$0 oarn wallet create"],
      ["In a script", "$0 oarn wallet create --words-file ./words --password-file ./password"],
    ],
  });

  wordsFile = Option.String("--words-file", { description: "A new file for the words, mode 0600" });

  protected async run(): Promise<number> {
    const home = await this.vacant();
    if (this.wordsFile === undefined && !this.#canShow()) throw nowhere();
    const words = newMnemonic();
    const key = await keyFromMnemonic(words);
    const password = await this.newPassword(home);
    const path = await this.#told(words, () => this.keep(home, key, password));
    if (this.wordsFile !== undefined) this.print(`Words    ${resolve(this.wordsFile)}: keep them in a safe place`);
    this.told(home, key, path);
    return EXIT.ok;
  }

  /** Words are never without their key, nor the key without its words. */
  async #told(words: Secret, keep: () => Promise<string>): Promise<string> {
    if (this.wordsFile === undefined) {
      await this.#show(words);
      return keep();
    }
    const file = resolve(this.wordsFile);
    writeNew(file, `${words.reveal()}\n`);
    try {
      return await keep();
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
  }

  async #show(words: Secret): Promise<void> {
    const numbered = words
      .reveal()
      .split(" ")
      .map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(10)}`);
    this.printError("These words are the key. Write them down now, in this order; they are not shown again:\n");
    for (let at = 0; at < numbered.length; at += 4) this.printError(`  ${numbered.slice(at, at + 4).join(" ")}`);
    this.printError("");
    const answer = await this.terminal()?.ask("Have you written them down? Type yes: ");
    if (answer?.trim().toLowerCase() !== "yes")
      throw new PromptError("prompt_cancelled", "Cancelled", "No key was made; those words are worth nothing.");
  }

  #canShow(): boolean {
    const { stderr } = this.context;
    return this.terminal() !== undefined && "isTTY" in stderr && stderr.isTTY === true;
  }
}

function nowhere(): PromptError {
  return new PromptError(
    "prompt_no_terminal",
    "There is no terminal on which to show the words",
    "Give --words-file FILE to write them to a file.",
  );
}
