// fxn accounts new: makes a key.
import { Command, Option } from "clipanion";
import { NODE_KEY, NOSTR_KEY } from "../../src/keys/key-store.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import { makeKey } from "../make-key.ts";
import { nameLine } from "../public-names.ts";

export class AccountsNewCommand extends KeyCommand {
  static override paths = [
    ["accounts", "new"],
    ["account", "new"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "Make a key",
    details: `
      Makes a new key and writes it encrypted (Web3 secret storage version 3) to nodekey.json in the home folder, or with
      --name to a file of its own under keys/. A key that is there is never overwritten.

      With --nostr it is for networks that sign with Nostr keys: shown by its npub, and called "nostr" unless --name says
      otherwise. Such a network may also share the node's own key; which key it uses is said in config.yaml.

      The password comes from --password-file or --password-fd, the systemd credential fxn-password, the terminal, or last
      from FXN_PASSWORD.
    `,
    examples: [
      ["Make the node's key; asks for a password", "$0 accounts new"],
      ["Make a second key, for requests as a gateway", "$0 accounts new --name gateway"],
      ["Make a key for networks that sign with Nostr keys", "$0 accounts new --nostr"],
      ["Make one for a single network", "$0 accounts new --nostr --name fedai"],
      ["Make a key in a script", "$0 accounts new --password-file ./password --json"],
      ["Make a key in the Go node's form, in plain text", "$0 accounts new --insecure-plaintext"],
    ],
  });

  name = Option.String("--name", { description: "Name of the key; default: the node's own, with --nostr: nostr" });
  nostr = Option.Boolean("--nostr", false, { description: "Make a Nostr key" });

  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, {
    description: "Write the key unencrypted, as the Go node does",
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const kind = this.nostr ? "nostr" : "ethereum";
    const name = this.name ?? (this.nostr ? NOSTR_KEY : NODE_KEY);
    const made = await makeKey(home, name, this.insecurePlaintext, () => this.passwordsOfHome(), kind);
    if (this.json) {
      this.printJson({ schema: 1, name, ...made, encrypted: !this.insecurePlaintext });
      return EXIT.ok;
    }
    this.print(nameLine(made));
    this.print(`File     ${made.path} (${this.insecurePlaintext ? "NOT encrypted" : "encrypted"})`);
    this.print("");
    this.print("Next:");
    this.print(
      `  1. Back up ${this.insecurePlaintext ? "the file" : "the file and its password"}: nobody can restore it for you.`,
    );
    this.print(
      this.nostr
        ? `  2. Name it in config.yaml where a network is to use it: networks.<id>.account: ${name}`
        : "  2. Register the address with the network that the node is to serve.",
    );
    return EXIT.ok;
  }
}
