// fxn accounts new: makes a key.
import { Command, Option } from "clipanion";
import { NODE_KEY } from "../../src/keys/key-store.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import { makeKey } from "../make-key.ts";

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

      The password comes from --password-file or --password-fd, the systemd credential fxn-password, the terminal, or last
      from FXN_PASSWORD.
    `,
    examples: [
      ["Make the node's key; asks for a password", "$0 accounts new"],
      ["Make a second key, for requests as a gateway", "$0 accounts new --name gateway"],
      ["Make a key in a script", "$0 accounts new --password-file ./password --json"],
      ["Make a key in the Go node's form, in plain text", "$0 accounts new --insecure-plaintext"],
    ],
  });

  name = Option.String("--name", NODE_KEY, { description: "Name of the key; default: the node's own" });

  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, {
    description: "Write the key unencrypted, as the Go node does",
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    const { path, address } = await makeKey(home, this.name, this.insecurePlaintext, () => this.passwordsOfHome());
    if (this.json) {
      this.printJson({ name: this.name, address, path, encrypted: !this.insecurePlaintext });
      return EXIT.ok;
    }
    this.print(`Address  ${address}`);
    this.print(`File     ${path} (${this.insecurePlaintext ? "NOT encrypted" : "encrypted"})`);
    this.print("");
    this.print("Next:");
    this.print(
      `  1. Back up ${this.insecurePlaintext ? "the file" : "the file and its password"}: nobody can restore it for you.`,
    );
    this.print("  2. Register the address with the network that the node is to serve.");
    return EXIT.ok;
  }
}
