// fxn accounts import: brings a key from elsewhere, by file or standard input only.

import { Command, Option } from "clipanion";
import type { Secret } from "../../src/core/secret.ts";
import { KeyError } from "../../src/keys/errors.ts";
import { formatGoNodeKey } from "../../src/keys/go-nodekey.ts";
import { readImport } from "../../src/keys/import.ts";
import type { KeyKind } from "../../src/keys/key-label.ts";
import { assertNoKey, assertNotPublic, NODE_KEY, NOSTR_KEY, saveKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import { readPrivate } from "../../src/lib/private-file.ts";
import { EXIT } from "../base.ts";
import { KeyCommand } from "../key-command.ts";
import type { ValuesOf } from "../manual/values.ts";
import { nameLine, publicNames } from "../public-names.ts";

const STDIN = "-";
/** What is given in the place of a file by mistake; no message may repeat it. */
const BARE_KEY = /^(?:(?:0x)?[0-9a-f]{64}|(?:nostr:)?n(?:sec|cryptsec)1\S+)$/i;
/** As much as a key file may have. */
const MAX_BYTES = 64 * 1024;
/** BIP-32: the last index that is not hardened. */
const MAX_INDEX = 2 ** 31 - 1;

export class AccountsImportCommand extends KeyCommand {
  static override values: ValuesOf = { ...KeyCommand.values, FILE: "file" };

  static override paths = [
    ["accounts", "import"],
    ["account", "import"],
  ];

  static override usage = Command.Usage({
    category: "Accounts",
    description: "Bring a key from elsewhere",
    details: `
      Reads FILE, or standard input for -, finds out its form, and stores the key as \`accounts new\` does. Forms: the Go
      node's nodekey.json, a version 3 keystore (geth and others), 64 hex digits, an nsec, a BIP-39 recovery phrase in
      English. A key never goes on the command line, where other users and the shell's history could see it.

      An nsec becomes a Nostr key, called "nostr" unless --name says otherwise; --nostr makes one of any other form, and
      --no-nostr none of an nsec. What is named "node" is the node's own key, and a Nostr key only with --nostr.

      A keystore is opened with its own password and keeps that password. A key that is there is never overwritten.
    `,
    examples: [
      ["Take over the Go node's key", "$0 accounts import ~/old/nodekey.json"],
      ["Import from a password manager", "pass show fxn-key | $0 accounts import - --password-file ./password"],
      ["Import a keystore of geth under a name", "$0 accounts import ./UTC--2024-01-01T00-00-00Z --name gateway"],
      ["Import a Nostr key", "pass show nostr | $0 accounts import - --password-file ./password"],
      ["Import a Nostr key that is written as hex", "$0 accounts import ./key.hex --nostr --name fedai"],
      ["Import the third account of a recovery phrase", "$0 accounts import ./phrase --account-index 2"],
    ],
  });

  file = Option.String({ name: "FILE" });
  name = Option.String("--name", { description: "Name of the key; default: the node's own, of a Nostr key: nostr" });
  nostr = Option.Boolean("--nostr", {
    description: "Keep it as a Nostr key; an nsec is one unless --no-nostr is given",
  });

  accountIndex = Option.String("--account-index", "0", {
    description: "Which account of a recovery phrase: the last number of m/44'/60'/0'/0/N; default 0",
  });

  insecurePlaintext = Option.Boolean("--insecure-plaintext", false, {
    description: "Write the key unencrypted, as the Go node does",
  });

  json = Option.Boolean("--json", false, { description: "Print JSON" });

  protected async run(): Promise<number> {
    const home = this.homeDir();
    if (this.name !== undefined) assertNoKey(home, this.name);
    if (BARE_KEY.test(this.file)) throw onCommandLine();
    const where = this.file === STDIN ? "standard input" : this.file;
    const accountIndex = indexOf(this.accountIndex);
    const text = this.file === STDIN ? await this.#readStdin() : readPrivate(this.file, { orPipe: true });
    const { form, kind, unlock } = readImport(text, { where, accountIndex });
    const nostr = this.nostr ?? (kind === "nostr" && this.name !== NODE_KEY);
    const name = this.name ?? (nostr ? NOSTR_KEY : NODE_KEY);
    assertNoKey(home, name);
    let known: Secret | undefined;
    const key = await unlock(async () => {
      known = await this.passwords().existing(where);
      return known;
    });
    assertNotPublic(home, key);
    const { names, path } = await this.#save(home, name, key, nostr ? "nostr" : "ethereum", known);
    if (this.json) {
      this.printJson({ schema: 1, name, ...names, path, form, encrypted: !this.insecurePlaintext });
      return EXIT.ok;
    }
    this.print(`${nameLine(names)} (from ${form})`);
    this.print(`File     ${path} (${this.insecurePlaintext ? "NOT encrypted" : "encrypted"})`);
    this.print("");
    this.print(
      `Check that this is the ${nostr ? "npub" : "address"} you expected, then remove the copy that you imported from.`,
    );
    return EXIT.ok;
  }

  async #save(home: string, name: string, key: Uint8Array, kind: KeyKind, known: Secret | undefined) {
    const text = this.insecurePlaintext
      ? formatGoNodeKey(key, kind)
      : await encryptKey(key, known ?? (await (await this.passwordsOfHome()).fresh(`the key "${name}"`)), { kind });
    return { path: saveKey(home, name, text), names: publicNames(key, kind) };
  }

  async #readStdin(): Promise<string> {
    if (this.terminal()) {
      throw new KeyError(
        "key_import_unknown",
        "Standard input is a terminal, which would show the key",
        "Give a file, or a pipe: some-command | fxn accounts import -",
      );
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.context.stdin) {
      const bytes = Buffer.from(chunk);
      length += bytes.length;
      if (length > MAX_BYTES)
        throw new KeyError("key_import_unknown", "Standard input is too long for a key", "Pipe in one key.");
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

function onCommandLine(): KeyError {
  return new KeyError(
    "key_import_unknown",
    "A key stands on the command line, where a file name belongs",
    "It is in the shell's history now: remove it there, then give the key in a file or by standard input (-).",
  );
}

function indexOf(text: string): number {
  const index = Number(text);
  if (/^\d{1,10}$/.test(text) && index <= MAX_INDEX) return index;
  throw new KeyError("key_invalid", "--account-index takes a whole number from 0", "Such as: --account-index 2");
}
