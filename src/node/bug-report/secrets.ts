// What must be in no report: every secret that the home, its configuration and the environment hold, as far as it can be read.
import { join, resolve } from "node:path";
import { CONFIG_FILE, MODELS_FILE } from "../../config/load.ts";
import { readYaml } from "../../config/yaml-file.ts";
import type { Tree } from "../../config/yaml-tree.ts";
import { readSmallFile } from "../../lib/small-file.ts";
import { homeFiles } from "../home-files.ts";
import { isSecretFile } from "../privacy-report.ts";
import { looksPlain, namedValues } from "./named-values.ts";

/** A larger file holds no key. */
const MOST_BYTES = 256 * 1024;
/** Of settings and variables whose value is a secret. */
const SECRET_NAME = /key|token|secret|pass|credential|auth|mnemonic|nsec|pem|cookie|header|seed|macaroon|rune/i;
/** Numbers, durations and flags: "tokensPerMinute: 60000". Masked, they would be missed everywhere. */
const NO_SECRET = /^(?:true|false|yes|no|on|off|null|[\d.]+[a-z]{0,2})$/i;
const PASSWORD_NAME = /pass|secret|mnemonic/i;
/** A Telegram chat: it says who the operator is. */
const CHAT_NAME = /^chat_?id$/i;
/** Of settings and variables that name a file with one in it. */
const FILE_NAME = /(?:file|path)$/i;
/** Beside those that the node and its networks keep there. */
const KEY_FILE = /\.(?:key|pem)$/;
/** Members of a keystore that anybody may know. */
const PUBLIC_MEMBERS =
  /^(?:version|kdf|cipher|id|kind|n|r|p|dklen|address|public_key|npub|pubkey|nostrPubkey|name|type|created)$/i;

/** Reads them to know what to leave out; nothing of it goes anywhere. */
export function secretsOf(home: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const found: string[] = [];
  const files = new Set(
    homeFiles(home)
      .filter(({ kind, name }) => kind !== "folder" && (isSecretFile(name) || KEY_FILE.test(name)))
      .map(({ name }) => join(home, name)),
  );
  const take = (name: string, value: string) => {
    if (CHAT_NAME.test(name)) found.push(value);
    if (!SECRET_NAME.test(name) && !value.includes("://")) return;
    if (FILE_NAME.test(name)) files.add(resolve(home, value));
    else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) found.push(...secretsOfUrl(value));
    else if (!NO_SECRET.test(value) || PASSWORD_NAME.test(name)) found.push(value);
  };
  const takeInner = (setting: string, tree: Tree) => {
    for (const { name, value, hidden } of namedValues(setting, tree, env)) {
      take(name, value);
      if (hidden && !SECRET_NAME.test(name) && !NO_SECRET.test(value) && !looksPlain(value)) found.push(value);
    }
  };
  const visit = { take, takeInner };
  for (const name of [CONFIG_FILE, MODELS_FILE]) walk(readYaml(name, textOf(join(home, name))).value, "", visit);
  for (const [name, value] of Object.entries(env)) {
    if (!value) continue;
    take(name, value);
    takeInner(name, value);
  }
  for (const path of files) found.push(...secretsOfFile(textOf(path) ?? ""));
  return found;
}

interface Visit {
  /** Gets each text. */
  take(name: string, value: string): void;
  /** Gets each setting, which may hold several values. */
  takeInner(setting: string, tree: Tree): void;
}

function walk(tree: Tree, name: string, visit: Visit): void {
  if (typeof tree === "string") {
    // A list may stand on one line.
    for (const part of tree.includes("://") ? tree.split(/[\s,]+/) : [tree]) visit.take(name, part);
  } else if (Array.isArray(tree)) {
    for (const inner of tree) walk(inner, name, visit);
  } else if (tree !== null && typeof tree === "object") {
    for (const [key, inner] of Object.entries(tree)) {
      visit.takeInner(key, inner);
      walk(inner, key, visit);
    }
  }
}

/** User, password, and whatever in path and query is long enough to be a key. */
function secretsOfUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, pathname, searchParams } = new URL(text);
  const parts = pathname.split("/").filter((part) => part.length >= 8);
  const all = [username, password, ...parts, ...searchParams.values()].filter((part) => part.length >= 5);
  return all.flatMap((part) => [part, decoded(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A password is the whole file, a key its lines, a keystore what stands in it. */
function secretsOfFile(text: string): string[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  const lines = trimmed.split(/\r?\n/).filter((line) => !line.startsWith("-----"));
  const inside: string[] = [];
  try {
    const parsed: unknown = JSON.parse(trimmed);
    gather(parsed, "", inside);
    return inside;
  } catch {
    return [trimmed, ...lines];
  }
}

function gather(value: unknown, name: string, into: string[]): void {
  if (typeof value === "string") {
    if (!PUBLIC_MEMBERS.test(name)) into.push(value);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) gather(inner, key, into);
  }
}

/** undefined: not there, not ours to read, or no file of that kind. */
function textOf(path: string): string | undefined {
  try {
    return readSmallFile(path, { mostBytes: MOST_BYTES }).toString("utf8");
  } catch {
    return undefined;
  }
}
