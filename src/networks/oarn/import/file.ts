// What a config.toml of OARN becomes here, by the seed's names or the reference node's: settings, the key, and a word about the rest.
import { parse } from "smol-toml";
import type { NetworkImport } from "../../../core/network-import.ts";
import { Secret } from "../../../core/secret.ts";
import { clean } from "../../../lib/clean.ts";
import { OarnError } from "../errors.ts";
import { settings as schema } from "../settings.ts";
import { NAMES, NOT_KEPT } from "./names.ts";

const KEY = "wallet.private_key";
const IPFS_API = "storage.ipfs_api";
/** Who brings such a file has an IPFS node there, or stored nothing so far; without one our node claims nothing. */
const LOCAL_API = "http://127.0.0.1:5001";
const REQUIRED = "privacy.required";
const HEX_KEY = /^(0x)?[0-9a-f]{64}$/i;
/** What the network calls this, and this node does not do. */
const METHODS = ["auto", "ens", "manual"];
const FRAMEWORKS = ["onnx"];
const LONGEST_FILE = 1024 * 1024;

export function importConfig(text: string, where: string): NetworkImport {
  const written = leaves(parsed(text, where));
  const notes: string[] = [];
  const tree: Tree = {};
  for (const { setting, written: names, take } of NAMES) {
    const [first, ...others] = names.filter((name) => written.has(name));
    for (const name of others) notes.push(`${name}: not kept, since ${first} is there`);
    if (first === undefined || isEmpty(written.get(first))) continue;
    const value = kept(setting, first, take(written.get(first)), notes);
    if (value !== undefined) put(tree, setting.split("."), value);
  }
  if (!written.has(IPFS_API)) {
    put(tree, ["storage", "ipfsApi"], LOCAL_API);
    notes.push(`${IPFS_API}: not there; set to ${LOCAL_API}, which OARN's own node takes then`);
  }
  const privateKey = keyOf(written.get(KEY), where, notes);
  for (const [name, value] of written) {
    const known = NAMES.some((one) => one.written.includes(name) && one.setting !== REQUIRED);
    // What is off has no effect that could be missed.
    if (name === KEY || known || value === false || value === 0) continue;
    if (NAMES.some((one) => one.written.includes(name) && one.take(value) === true)) continue;
    notes.push(`${clean(name, 60)}: ${NOT_KEPT[name] ?? "not known, not kept"}`);
  }
  refuseWrong(tree, where);
  return { settings: tree, privateKey, modelServer: undefined, notes };
}

/** Errors name the place and never the value: the file may hold a key. */
function parsed(text: string, where: string): unknown {
  const hint = "Is this OARN's config.toml?";
  if (text.length > LONGEST_FILE) throw new OarnError("oarn_file", 400, `${where}: it is too long`, { hint });
  try {
    return parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const line = error instanceof Error && "line" in error ? `, in line ${error.line}` : "";
    throw new OarnError("oarn_file", 400, `${where}: it is not TOML${line}`, { hint });
  }
}

/** Examples have both in the place of what is not set. */
function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "string" && /^0x0{40}$/.test(value));
}

/** OARN's own go four deep; one line of "a.a.a…" makes tens of thousands. */
const DEEPEST = 20;

/** By path; a list is a value, and so is what lies deeper than anything known. */
function leaves(value: unknown, path: readonly string[] = [], found = new Map<string, unknown>()) {
  const whole = typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date;
  if (whole || path.length === DEEPEST) found.set(path.join("."), value);
  else for (const [key, inner] of Object.entries(value)) leaves(inner, [...path, key], found);
  return found;
}

/** What the setting takes of it; the rest is noted. */
function kept(setting: string, name: string, value: unknown, notes: string[]): unknown {
  if (setting === "discovery.method") {
    if (METHODS.includes(String(value))) return value;
    notes.push(`${name}: not kept; "${clean(String(value), 20)}" finds nothing in OARN`);
    return undefined;
  }
  if (setting === "compute.frameworks" && Array.isArray(value)) {
    for (const one of value.filter((word) => !FRAMEWORKS.includes(String(word).toLowerCase())))
      notes.push(`${name}: ${clean(String(one), 20)} is not run by this node`);
    return value.filter((word) => FRAMEWORKS.includes(String(word).toLowerCase()));
  }
  if (setting === REQUIRED && value === true) {
    notes.push(`${name}: kept as privacy.required; set networks.oarn.privacy.socksProxy, such as Tor's 127.0.0.1:9050`);
  }
  if (setting === "storage.cacheDir" && typeof value === "string" && value.startsWith("~")) {
    notes.push(`${name}: not kept, since ~ is not expanded there; set networks.oarn.storage.cacheDir`);
    return undefined;
  }
  return value;
}

function keyOf(value: unknown, where: string, notes: string[]): Secret | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || !HEX_KEY.test(value)) {
    throw new OarnError("oarn_file", 400, `${where}: ${KEY} is not 64 hex digits`, {
      hint: "Remove it, and bring the key with: fxn oarn wallet import FILE",
    });
  }
  notes.push(`${KEY}: taken this once; it stands there in clear: delete it from the file`);
  return new Secret(value.replace(/^0x/i, "").toLowerCase());
}

function refuseWrong(tree: Tree, where: string): void {
  const read = schema.safeParse(tree);
  if (read.success) return;
  const wrong = [...new Set(read.error.issues.map(({ path }) => namesOf(path.join("."))))];
  throw new OarnError("oarn_file", 400, `${where}: ${wrong.join(", ")}: not as it should be`);
}

/** As the file has it. */
function namesOf(path: string): string {
  const found = NAMES.find(({ setting }) => path === setting || path.startsWith(`${setting}.`));
  return found ? found.written.join(" or ") : path;
}

interface Tree {
  [name: string]: unknown;
}

function put(tree: Tree, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] ??= value;
    return;
  }
  const inner = tree[key];
  const section: Tree = isTree(inner) ? inner : {};
  tree[key] = section;
  put(section, rest, value);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
