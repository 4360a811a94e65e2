// fxn oarn wallet import: brings a key for OARN from a file, as hex or as words.
import type { Stats } from "node:fs";
import { Command, Option } from "clipanion";
import { messageOf } from "../../../src/core/errors.ts";
import { readImport } from "../../../src/keys/import.ts";
import { assertNotPublic } from "../../../src/keys/key-store.ts";
import { readSmallFile } from "../../../src/lib/small-file.ts";
import { EXIT } from "../../base.ts";
import type { ValuesOf } from "../../manual/values.ts";
import { WalletKeyCommand, walletRefused } from "./wallet-key.ts";

/** More than any key has. */
const MOST_BYTES = 64 * 1024;
const BARE_KEY = /^(0x)?[0-9a-f]{64}$/i;

export class OarnWalletImportCommand extends WalletKeyCommand {
  static override values: ValuesOf = { ...WalletKeyCommand.values, FILE: "file" };
  static override paths = [["oarn", "wallet", "import"]];
  static override usage = Command.Usage({
    category: "OARN",
    description: "bring a key for OARN from a file",
    details: `
      FILE, or standard input for -, holds the private key as 64 hex digits, with 0x or without, or a recovery phrase of 12 to
      24 words (BIP-39), of which the first account is taken, as common wallets do; a keystore is read, too. It becomes the key
      that networks.oarn.account names, encrypted with a new password, which comes as with oarn wallet create. A key that is
      there is never overwritten. Delete FILE afterwards.
    `,
    examples: [
      ["A key of OARN's own node", "$0 oarn wallet import ./key.hex"],
      ["Words, from a password manager", "pass show oarn-words | $0 oarn wallet import - --password-file ./password"],
    ],
  });

  file = Option.String({ name: "FILE" });

  protected async run(): Promise<number> {
    const home = await this.vacant();
    const where = this.file === "-" ? "standard input" : this.file;
    const { form, kind, unlock } = readImport(await this.#text(), { where, accountIndex: 0 });
    if (kind === "nostr") throw walletRefused(`${where} holds a Nostr key`, "OARN wants a key of Ethereum's.");
    const key = await unlock(() => this.passwords().existing(where));
    assertNotPublic(this.homeDir(), key);
    const path = await this.keep(home, key, await this.newPassword(home));
    this.print(`Taken    from ${form}`);
    this.told(home, key, path);
    return EXIT.ok;
  }

  async #text(): Promise<string> {
    if (BARE_KEY.test(this.file))
      throw walletRefused(
        "A key stands on the command line, where a file name belongs",
        "It is in the shell's history now: remove it there, then give the key in a file.",
      );
    if (this.file === "-") {
      if (!this.terminal()) return (await this.readInput()).subarray(0, MOST_BYTES).toString();
      throw walletRefused("Standard input is a terminal, which would show the key", "Give a file, or a pipe.");
    }
    try {
      const check = ({ mode }: Stats) => {
        if (process.platform !== "win32" && (mode & 0o077) !== 0)
          this.printError(`fxn: others can read ${this.file}: delete it when the key is in`);
      };
      return readSmallFile(this.file, { mostBytes: MOST_BYTES, orPipe: true, check }).toString("utf8");
    } catch (error) {
      throw walletRefused(`${this.file} cannot be read: ${messageOf(error)}`, "Give a file with the key.");
    }
  }
}
