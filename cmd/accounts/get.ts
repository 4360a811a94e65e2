// fxn accounts get: the address and file of a key.

import { Command, Option } from "clipanion";
import { keyPath, NODE_KEY, readKey } from "../../src/keys/key-store.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";

export class AccountsGetCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--name": "key" };

  static override paths = [
    ["accounts", "get"],
    ["account", "get"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "Show a key's address, public key and file",
    details: `
      An encrypted file tells its address without the password; its public key is shown with --unlock, which also proves
      that the password is right.
    `,
    examples: [
      ["Show the node's address", "$0 accounts get"],
      ["Show the public key of an encrypted key too", "$0 accounts get --unlock"],
      ["For a script", "$0 accounts get --name gateway --json"],
    ],
  });

  name = Option.String("--name", NODE_KEY, { description: "Name of the key; default: the node's own" });
  unlock = Option.Boolean("--unlock", false, { description: "Open the key with its password" });
  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const path = keyPath(home, this.name);
    const file = readKey(home, this.name);
    const opened =
      this.unlock || !file.encrypted || file.address === undefined
        ? signerFromKey(await file.unlock(async () => (await this.passwordsOfHome()).existing(path)))
        : undefined;
    const stated = file.address === undefined ? undefined : checksumAddress(file.address);
    const address = opened?.checksumAddress ?? stated;
    const publicKey = opened && Buffer.from(opened.publicKey).toString("hex");
    if (this.json) {
      this.printJson({ name: this.name, address, publicKey: publicKey ?? null, path, encrypted: file.encrypted });
      return EXIT.ok;
    }
    this.print(`Address     ${address}`);
    this.print(`Public key  ${publicKey ?? "encrypted; shown with --unlock"}`);
    this.print(`File        ${path} (${file.encrypted ? "encrypted" : "NOT encrypted"})`);
    return EXIT.ok;
  }
}
