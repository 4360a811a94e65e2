// fxn accounts export: writes a copy of a key to a new file, after asking twice.

import { resolve } from "node:path";
import { Command, Option } from "clipanion";
import type { Secret } from "../../src/core/secret.ts";
import { keyPath, NODE_KEY, readKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import { formatNsec } from "../../src/keys/nsec.ts";
import { writeNew } from "../../src/lib/private-file.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";
import { PromptError } from "../prompt.ts";
import { nameLine, publicNames } from "../public-names.ts";

export class AccountsExportCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--name": "key", "--out": "file" };

  static override paths = [
    ["accounts", "export"],
    ["account", "export"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "Write a copy of a key to a new file",
    details: `
      Writes a version 3 keystore, which geth and wallets read, or the bare key: with --insecure-plaintext as 64 hex digits,
      with --nsec as Nostr programs take it. The file is new, with mode 0600; nothing is overwritten, and a key is never
      printed. Asks twice, unless --yes is given.

      An encrypted key keeps its password in the copy, so the export also proves that you know it.
    `,
    examples: [
      ["Back up the node's key", "$0 accounts export --out ./node-backup.json"],
      ["Take a Nostr key to another program", "$0 accounts export --name nostr --nsec --out ./nsec"],
      ["In a script", "$0 accounts export --out ./backup.json --password-file ./password --yes"],
    ],
  });

  out = Option.String("--out", { required: true, description: "The file to write; it must not be there yet" });
  name = Option.String("--name", NODE_KEY, { description: "Name of the key; default: the node's own" });

  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, {
    description: "Write the bare key as 64 hex digits",
  });

  nsec = Option.Boolean("--nsec", false, { description: "Write the bare key as an nsec" });
  yes = Option.Boolean("--yes", false, { description: "Do not ask" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const from = keyPath(home, this.name);
    const out = resolve(this.out);
    const file = readKey(home, this.name);
    if (!this.yes) await this.#confirmTwice(from, out);
    let known: Secret | undefined;
    const key = await file.unlock(async () => {
      known = await (await this.passwordsOfHome()).existing(from);
      return known;
    });
    const bare = this.nsec ? formatNsec(key) : Buffer.from(key).toString("hex");
    const text = this.#plain
      ? `${bare}\n`
      : await encryptKey(key, known ?? (await (await this.passwordsOfHome()).fresh(out)), { kind: file.kind });
    writeNew(out, text);
    this.print(nameLine(publicNames(key, file.kind)));
    this.print(`File     ${out} (${this.#plain ? "NOT encrypted" : "encrypted"})`);
    return EXIT.ok;
  }

  get #plain(): boolean {
    return this.insecurePlaintext || this.nsec;
  }

  async #confirmTwice(from: string, out: string): Promise<void> {
    const terminal = this.terminal();
    if (!terminal) {
      throw new PromptError(
        "prompt_no_terminal",
        "There is no terminal on which to confirm",
        "Give --yes to export without asking.",
      );
    }
    const danger = this.#plain ? "who can read it owns the account" : "who has it and its password owns the account";
    for (const question of [`Copy the key ${from} to ${out}?`, `Anyone ${danger}. Are you sure?`]) {
      if ((await terminal.ask(`${question} Type yes: `)).trim().toLowerCase() !== "yes") {
        throw new PromptError("prompt_cancelled", "Cancelled", "Nothing was written.");
      }
    }
  }
}
