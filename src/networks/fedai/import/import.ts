// What the reference's environment becomes here: settings, key, model server, and a line for whatever is not carried over.
import { isAbsolute } from "node:path";
import { getPublicKey } from "nostr-tools/pure";
import { formatDuration } from "../../../core/duration.ts";
import type { NetworkImport } from "../../../core/network-import.ts";
import { Secret } from "../../../core/secret.ts";
import { bytesOf, parseNpub, parsePrivateKey, parsePublicKey } from "../keys.ts";
import { settings as settingsSchema } from "../settings.ts";
import { LONGEST_INTERVAL_MS } from "../settings-check.ts";
import { parseEnvFile, type Variable } from "./env-file.ts";
import { importRunner, RUNNER_VARIABLES } from "./runner.ts";
import { asBoolean, asInteger, asOneOf, asUrl, garbage, partsOf } from "./values.ts";
import { LEFT_OUT, VARIABLES } from "./variables.ts";

interface Tree {
  listen?: string;
  routers?: unknown;
  endpoint?: string;
  [name: string]: unknown;
}

/** @throws FedaiError */
export function importFile(text: string, where: string): NetworkImport {
  return importVariables(parseEnvFile(text, where));
}

/** The same for variables of a process. @throws FedaiError */
export function importVariables(all: readonly Variable[]): NetworkImport {
  const variables = new Map(all.filter(({ value }) => value !== "").map((variable) => [variable.name, variable]));
  const settings: Tree = {};
  const notes: string[] = [];
  for (const [name, { setting, read }] of Object.entries(VARIABLES)) {
    const variable = variables.get(name);
    if (variable) put(settings, setting, read(variable));
  }
  const runner = importRunner(variables);
  importPort(variables, settings, notes);
  importRouter(variables, settings, notes);
  importClientCertificates(variables, settings, notes);
  importPolicies(variables, settings, notes);
  importRateLimit(variables, settings, notes);
  importHeartbeat(variables, settings, notes);
  noteFiles(variables, notes);
  checkFits(settings, variables);
  for (const { name } of variables.values()) {
    const why = LEFT_OUT[name];
    if (why !== undefined) notes.push(`${name}: not carried over: ${why}`);
    else if (!isKnown(name)) notes.push(`${name}: not carried over: no variable of a fed_AI node`);
  }
  return {
    settings,
    privateKey: privateKeyIn(variables),
    modelServer: runner.modelServer,
    notes: [...runner.notes, ...notes],
  };
}

/** What reads well and cannot be: a capacity of 0. */
function checkFits(tree: Tree, variables: ReadonlyMap<string, Variable>): void {
  const [issue] = settingsSchema.safeParse(tree).error?.issues ?? [];
  if (!issue) return;
  const setting = issue.path.filter((part) => typeof part === "string").join(".");
  const variable = [...variables.values()].find(({ name }) => VARIABLES[name]?.setting === setting);
  throw garbage(
    variable ?? { name: setting, value: "", place: "networks.fedai" },
    issue.message.replace(/^expected /, ""),
  );
}

/** Variables that are read together with others, and the setting that they decide; none: the node's key. */
const BY_HAND: Readonly<Record<string, string | undefined>> = {
  NODE_PORT: "listen",
  NODE_KEY_ID: undefined,
  NODE_PRIVATE_KEY_PEM: undefined,
  ROUTER_ENDPOINT: "routers",
  ROUTER_KEY_ID: "routers",
  ROUTER_PUBLIC_KEY_PEM: "routers",
  NODE_OFFLOAD_PEERS: "offload.peers",
  NODE_TLS_CA_PATH: "tls.clientCaFile",
  NODE_TLS_REQUIRE_CLIENT_CERT: "tls.clientCaFile",
  NODE_SANDBOX_ALLOWED_RUNNERS: "sandbox.runners",
  NODE_OPENAI_MODE: "mode",
};

/** The setting that a variable decides, alone or with others: "limits.tokens". */
export function settingOf(name: string): string | undefined {
  return VARIABLES[name]?.setting ?? BY_HAND[name];
}

/** Whether fed_AI's node reads a variable of that name. */
export function isKnown(name: string): boolean {
  return [VARIABLES, LEFT_OUT, BY_HAND].some((table) => Object.hasOwn(table, name)) || RUNNER_VARIABLES.includes(name);
}

/** The reference listens on every interface, and says so nowhere. */
function importPort(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const port = variables.get("NODE_PORT");
  settings.listen = `0.0.0.0:${port ? asInteger(port) : 8081}`;
  notes.push("NODE_PORT: listens on every interface, as it did; set listen to keep it to one");
}

function importRouter(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const keys = ["ROUTER_KEY_ID", "ROUTER_PUBLIC_KEY_PEM"].flatMap((name) => {
    const variable = variables.get(name);
    if (!variable) return [];
    const pubkey = parsePublicKey(variable.value);
    if (pubkey === undefined) throw garbage(variable, "a public key: npub1… or 64 hex digits");
    return [{ pubkey, variable }];
  });
  const [first, second] = keys;
  if (first && second && first.pubkey !== second.pubkey) throw garbage(second.variable, "the key of ROUTER_KEY_ID");
  const endpoint = variables.get("ROUTER_ENDPOINT");
  settings.routers = [
    { endpoint: endpoint ? asUrl(endpoint) : "http://localhost:8080", ...(first && { key: first.pubkey }) },
  ];
  if (!variables.has("NODE_ENDPOINT")) settings.endpoint = "http://localhost:8081";
  if (!variables.has("NODE_ID")) notes.push("NODE_ID: node-1 is everybody's: the id is made from the key instead");
  if (!first && !["NODE_ROUTER_ALLOWLIST", "NODE_ROUTER_FOLLOW"].some((name) => variables.has(name))) {
    notes.push(
      "ROUTER_KEY_ID: not set: the reference serves every stranger then. Set routers[].key, or access.open: true",
    );
  }
  if (variables.get("NODE_REQUIRE_PAYMENT")?.value.toLowerCase() === "true" && !variables.has("NODE_LN_VERIFY_URL")) {
    notes.push(
      "NODE_LN_VERIFY_URL: not set: anyone can sign a receipt. Set payments.verify.url, or payments.unverified: true",
    );
  }
}

function importClientCertificates(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const authorities = variables.get("NODE_TLS_CA_PATH");
  const wanted = variables.get("NODE_TLS_REQUIRE_CLIENT_CERT");
  if (!(wanted && asBoolean(wanted))) {
    if (authorities)
      notes.push("NODE_TLS_CA_PATH: not carried over: it asks for certificates and lets everyone in without");
    return;
  }
  if (!authorities) throw garbage(wanted, "NODE_TLS_CA_PATH as well");
  put(settings, "tls.clientCaFile", authorities.value);
}

/** The reference limits nothing unless both are set, and more than 0. */
function importRateLimit(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const most = variables.get("NODE_RATE_LIMIT_MAX");
  const window = variables.get("NODE_RATE_LIMIT_WINDOW_MS");
  if (window && window.value !== "0") return;
  delete settings.rateLimit;
  if (!most) return;
  notes.push(
    "NODE_RATE_LIMIT_MAX: no limit without NODE_RATE_LIMIT_WINDOW_MS (more than 0), as it was; set rateLimit for one",
  );
}

/** Less often a node is taken for gone between two of them. */
function importHeartbeat(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const interval = variables.get("NODE_HEARTBEAT_MS");
  if (!interval || Number(interval.value) <= LONGEST_INTERVAL_MS) return;
  put(settings, "heartbeat.interval", formatDuration(LONGEST_INTERVAL_MS));
  notes.push("NODE_HEARTBEAT_MS: 25s instead: routers take a node for gone after 30 s of silence");
}

const FILES = ["NODE_NONCE_STORE_PATH", "NODE_TLS_CERT_PATH", "NODE_TLS_KEY_PATH", "NODE_TLS_CA_PATH"];

function noteFiles(variables: ReadonlyMap<string, Variable>, notes: string[]): void {
  for (const name of FILES) {
    const path = variables.get(name)?.value;
    if (path === undefined || isAbsolute(path)) continue;
    notes.push(`${name}: starts at fxn's home now; the reference starts at its working directory`);
  }
}

/** In model_backend.yaml, where "custom" says nothing of what is spoken. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  llama_cpp: ["llamacpp"],
  http: ["fedai-runner", "custom"],
};

function importPolicies(variables: ReadonlyMap<string, Variable>, settings: Tree, notes: string[]): void {
  const runners = variables.get("NODE_SANDBOX_ALLOWED_RUNNERS");
  if (runners)
    put(
      settings,
      "sandbox.runners",
      partsOf(runners).flatMap((kind) => KINDS[kind] ?? [kind]),
    );
  const mode = variables.get("NODE_OPENAI_MODE");
  // Other runners do not look at it.
  if (mode && variables.get("NODE_RUNNER")?.value === "openai") settings.mode = asOneOf(["chat", "completion"])(mode);
  const peers = variables.get("NODE_OFFLOAD_PEERS");
  if (peers) {
    put(
      settings,
      "offload.peers",
      partsOf(peers).map((value) => ({ endpoint: asUrl({ ...peers, value }) })),
    );
    notes.push("NODE_OFFLOAD_PEERS: kept; a fed_AI router takes no answer that another node has signed");
  }
}

function privateKeyIn(variables: ReadonlyMap<string, Variable>): Secret | undefined {
  const written = variables.get("NODE_PRIVATE_KEY_PEM");
  if (!written) return undefined;
  const key = parsePrivateKey(written.value);
  const pubkey = key === undefined ? undefined : publicKeyOf(key);
  if (key === undefined || pubkey === undefined) throw garbage(written, "a private key: nsec1… or 64 hex digits");
  const named = variables.get("NODE_KEY_ID");
  if (named && parseNpub(named.value) !== pubkey) throw garbage(named, "the npub of NODE_PRIVATE_KEY_PEM");
  return new Secret(key);
}

/** Undefined for what is no key: zero, or past the curve's order. */
function publicKeyOf(key: string): string | undefined {
  try {
    return getPublicKey(bytesOf(key));
  } catch {
    return undefined;
  }
}

function put(tree: Tree, path: string, value: unknown): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const known = tree[first];
  const section: Tree = typeof known === "object" && known !== null ? { ...known } : {};
  tree[first] = section;
  put(section, rest.join("."), value);
}
