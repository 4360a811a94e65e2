// The keys of a home, for whoever signs with them: each is opened once, and all but those with a file of their own for
// their password with one that is asked for once.
import { resolve } from "node:path";
import type { NostrIdentity } from "../core/nostr.ts";
import type { Secret } from "../core/secret.ts";
import { readKey } from "./key-store.ts";
import { nostrFromKey } from "./nostr.ts";
import { type Passwords, passwordsFrom } from "./password.ts";
import { type Signer, signerFromKey } from "./signer.ts";

export interface Keyring {
  /** Throws what `readKey` throws, `key_wrong_password`, and what the passwords throw. */
  signer(name: string, own?: OwnPassword): Promise<Signer>;
  /** The same for a network that signs with Nostr keys. */
  nostr(name: string, own?: OwnPassword): Promise<NostrIdentity>;
}

/** The password of one key alone; the file goes first. */
export interface OwnPassword {
  /** Relative to home. */
  readonly file?: string | undefined;
  readonly password?: Secret | undefined;
}

export function openKeyring(home: string, passwords: Passwords): Keyring {
  const opened = new Map<string, Promise<Uint8Array>>();
  let shared: Promise<Secret> | undefined;

  async function passwordOf(name: string, { file, password }: OwnPassword): Promise<Secret> {
    if (file !== undefined)
      return passwordsFrom({ configFile: resolve(home, file) }, { env: {}, prompt: undefined, warn() {} }).existing(
        name,
      );
    if (password) return password;
    shared ??= passwords.existing("the node's keys");
    return shared;
  }

  function open(name: string, own: OwnPassword = {}): Promise<Uint8Array> {
    const key = opened.get(name) ?? readKey(home, name).unlock(() => passwordOf(name, own));
    opened.set(name, key);
    return key;
  }

  return {
    signer: async (name, own) => signerFromKey(await open(name, own)),
    nostr: async (name, own) => nostrFromKey(await open(name, own)),
  };
}
