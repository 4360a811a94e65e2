// fxn accounts list: every key under the home folder.
import { Command, Option } from "clipanion";
import { type KeyEntry, listKeys } from "../../src/keys/key-store.ts";
import { npubOf } from "../../src/keys/nostr.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { EXIT, FxnCommand } from "../base.ts";

export class AccountsListCommand extends FxnCommand {
  static override paths = [
    ["accounts", "list"],
    ["account", "list"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "List the keys",
    details: `
      "node" is the key with which the node signs; the others are used where a command or a network's settings name them.
      A Nostr key is shown by its npub; --json has address and npub of each.
    `,
    examples: [
      ["List the keys", "$0 accounts list"],
      ["For a script", "$0 accounts list --json"],
    ],
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const keys = listKeys(this.homeDir());
    if (this.json) {
      this.printJson(
        keys.map((entry) => ({
          ...entry,
          kind: entry.kind ?? null,
          address: addressText(entry) ?? null,
          npub: npubText(entry) ?? null,
          nostrPubkey: entry.nostrPubkey ?? null,
          problem: entry.problem ?? null,
        })),
      );
      return EXIT.ok;
    }
    if (keys.length === 0) this.print(`No keys in ${this.homeDir()}; make one with: fxn accounts new`);
    const width = Math.max(0, ...keys.map(({ name }) => name.length));
    for (const entry of keys) this.print(`${entry.name.padEnd(width)}  ${describe(entry)}`);
    return EXIT.ok;
  }
}

function describe(entry: KeyEntry): string {
  if (entry.problem !== undefined) return `unusable: ${entry.problem}`;
  const address = addressText(entry) ?? "address unknown until unlocked".padEnd(42);
  const shown = entry.kind === "nostr" ? npubText(entry) : address;
  return `${shown}  ${entry.encrypted ? "encrypted" : "NOT encrypted"}`;
}

function npubText({ nostrPubkey }: KeyEntry): string | undefined {
  return nostrPubkey === undefined ? undefined : npubOf(nostrPubkey);
}

function addressText({ address }: KeyEntry): string | undefined {
  return address === undefined ? undefined : checksumAddress(address);
}
