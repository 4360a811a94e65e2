// Where keys live. THE node key is <home>/nodekey.json, encrypted or the Go node's plain text, told apart by content;
// further keys are <home>/keys/<name>.json, of the same two forms. A key that is there is never overwritten.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Address } from "../core/address.ts";
import { messageOf } from "../core/errors.ts";
import type { NostrIdentity } from "../core/nostr.ts";
import type { Secret } from "../core/secret.ts";
import {
  checkDirNotWritable,
  checkPrivate,
  ensurePrivateDir,
  PrivateFileError,
  readPrivate,
  writeNew,
} from "../lib/private-file.ts";
import { KeyError } from "./errors.ts";
import { type KeyFile, parseKeyFile } from "./key-file.ts";
import type { KeyKind } from "./key-label.ts";
import { nostrFromKey } from "./nostr.ts";
import { type Signer, signerFromKey } from "./signer.ts";

/** The name by which commands call the node's own key. */
export const NODE_KEY = "node";
/** The name of a key for Nostr that was given no other. */
export const NOSTR_KEY = "nostr";
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const KEYS_DIR = "keys";

export interface KeyEntry {
  readonly name: string;
  readonly path: string;
  readonly encrypted: boolean | undefined;
  readonly address: Address | undefined;
  readonly kind: KeyKind | undefined;
  readonly nostrPubkey: string | undefined;
  /** Why the file could not be read. */
  readonly problem: string | undefined;
}

/** Throws `key_name_invalid`: a name becomes a file name, so nothing that leads elsewhere passes. */
export function keyPath(home: string, name: string): string {
  if (name === NODE_KEY) return join(home, "nodekey.json");
  if (NAME.test(name)) return join(home, KEYS_DIR, `${name}.json`);
  throw new KeyError(
    "key_name_invalid",
    `"${name}" cannot be the name of a key`,
    "Use lower-case letters, digits, - and _; at most 64.",
  );
}

/** @param user whose the key is to be; default: the current one. Throws `key_missing`, `key_file_open_to_others` and what `parseKeyFile` throws. */
export function readKey(home: string, name: string, user?: number): KeyFile {
  const path = keyPath(home, name);
  if (!existsSync(path)) {
    const flag = name === NODE_KEY ? "" : ` --name ${name}`;
    throw new KeyError(
      "key_missing",
      `There is no key at ${path}`,
      `Make one with fxn accounts new${flag}, or bring one with fxn accounts import FILE${flag}`,
    );
  }
  checkDirNotWritable(home, user);
  checkDirNotWritable(dirname(path), user);
  return parseKeyFile(readPrivate(path, { user }), path);
}

/** Throws what `readKey` throws, `key_wrong_password`, and what `password` throws. */
export async function openSigner(home: string, name: string, password: () => Promise<Secret>): Promise<Signer> {
  return signerFromKey(await readKey(home, name).unlock(password));
}

/** The same for a network that signs with Nostr keys; a key of either kind will do. */
export async function openNostr(home: string, name: string, password: () => Promise<Secret>): Promise<NostrIdentity> {
  return nostrFromKey(await readKey(home, name).unlock(password));
}

/** Throws `key_exists` when a key of that name is there: ask before a password is. */
export function assertNoKey(home: string, name: string): void {
  if (existsSync(keyPath(home, name))) throw exists(keyPath(home, name));
}

/** 64 hex digits may be a public key as well; those of the home's own keys are known. Throws `key_import_unknown`. */
export function assertNotPublic(home: string, key: Uint8Array): void {
  const hex = Buffer.from(key).toString("hex");
  const owner = listKeys(home).find(({ nostrPubkey }) => nostrPubkey === hex);
  if (owner === undefined) return;
  throw new KeyError(
    "key_import_unknown",
    `These 64 hex digits are the public key of "${owner.name}" (its npub as hex), and no private key`,
    "The private key of an npub is its nsec: fxn accounts export --nsec writes it to a file.",
  );
}

/** Writes a key file, 0600 in a 0700 home, and gives its path. Throws `key_exists`; of two at once exactly one wins. */
export function saveKey(home: string, name: string, text: string): string {
  const path = keyPath(home, name);
  ensurePrivateDir(home);
  if (name !== NODE_KEY) ensurePrivateDir(join(home, KEYS_DIR));
  try {
    writeNew(path, text);
  } catch (error) {
    if (error instanceof PrivateFileError && error.code === "file_exists") throw exists(path, error);
    throw error;
  }
  return path;
}

/** Every key under home, the node's first. */
export function listKeys(home: string): KeyEntry[] {
  return keyNames(home).map((name) => entryOf(home, name));
}

/** Of each key whether others can read or change it; nothing of one that cannot be looked at. */
export function exposedKeys(home: string): Record<string, boolean> {
  return Object.fromEntries(
    keyNames(home).flatMap((name): [string, boolean][] => {
      const path = keyPath(home, name);
      try {
        // Nothing is read: this is asked each few seconds, and a key has no business in memory.
        checkDirNotWritable(home);
        checkDirNotWritable(dirname(path));
        checkPrivate(path);
        return [[name, false]];
      } catch (error) {
        return error instanceof PrivateFileError && error.code === "key_file_open_to_others" ? [[name, true]] : [];
      }
    }),
  );
}

function keyNames(home: string): string[] {
  const dir = join(home, KEYS_DIR);
  const further = existsSync(dir)
    ? readdirSync(dir)
        .filter((file) => file.endsWith(".json"))
        .map((file) => file.slice(0, -".json".length))
        .filter((name) => NAME.test(name) && name !== NODE_KEY)
        .sort()
    : [];
  return existsSync(keyPath(home, NODE_KEY)) ? [NODE_KEY, ...further] : further;
}

function entryOf(home: string, name: string): KeyEntry {
  const path = keyPath(home, name);
  try {
    const { encrypted, address, kind, nostrPubkey } = readKey(home, name);
    return { name, path, encrypted, address, kind, nostrPubkey, problem: undefined };
  } catch (error) {
    const unknown = { encrypted: undefined, address: undefined, kind: undefined, nostrPubkey: undefined };
    return { name, path, ...unknown, problem: messageOf(error) };
  }
}

function exists(path: string, cause?: unknown): KeyError {
  return new KeyError(
    "key_exists",
    `There is a key at ${path} already; it was left as it is`,
    "Give the new key a name of its own with --name, or move the old file to a safe place first.",
    cause,
  );
}
