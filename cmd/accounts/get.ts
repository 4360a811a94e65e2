// fxn accounts get: the address, npub and file of a key.

import { Command, Option } from "clipanion";
import { keyPath, NODE_KEY, readKey } from "../../src/keys/key-store.ts";
import { npubOf } from "../../src/keys/nostr.ts";
import { signerFromKey } from "../../src/keys/signer.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";

const LOCKED = "encrypted; shown with --unlock";

export class AccountsGetCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, "--name": "key" };

  static override paths = [
    ["accounts", "get"],
    ["account", "get"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "Show a key's address, public key, npub and file",
    details: `
      An encrypted file tells its address and its npub without the password; an npub only if fxn wrote the file. With
      --unlock its public key is shown too, which also proves that the password is right. A Nostr key is shown by its npub
      alone; --json has everything.
    `,
    examples: [
      ["Show the node's address", "$0 accounts get"],
      ["Show the public key of an encrypted key too", "$0 accounts get --unlock"],
      ["Show the npub of a Nostr key", "$0 accounts get --name nostr"],
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
    const nostrPubkey = opened?.nostrPubkey() ?? file.nostrPubkey;
    const npub = nostrPubkey === undefined ? undefined : npubOf(nostrPubkey);
    if (this.json) {
      this.printJson({
        schema: 1,
        name: this.name,
        kind: file.kind,
        address,
        publicKey: publicKey ?? null,
        npub: npub ?? null,
        nostrPubkey: nostrPubkey ?? null,
        path,
        encrypted: file.encrypted,
      });
      return EXIT.ok;
    }
    if (file.kind === "ethereum") {
      this.print(`Address     ${address}`);
      this.print(`Public key  ${publicKey ?? LOCKED}`);
    }
    this.print(`npub        ${npub ?? LOCKED}`);
    if (nostrPubkey !== undefined) this.print(`npub as hex ${nostrPubkey}`);
    this.print(`File        ${path} (${file.encrypted ? "encrypted" : "NOT encrypted"})`);
    return EXIT.ok;
  }
}
