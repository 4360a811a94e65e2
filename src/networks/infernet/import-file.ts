// What a reference node's config.json becomes here: its settings, its key, its model server, and a word about all the rest.
import { z } from "zod";
import type { NetworkImport } from "../../core/network-import.ts";
import { Secret } from "../../core/secret.ts";
import { nostrFromKey } from "../../keys/nostr.ts";
import { clean } from "../../lib/clean.ts";
import { InfernetError } from "./errors.ts";
import { engineOf } from "./import-engine.ts";
import { originOf } from "./origin.ts";

const HEX64 = /^[0-9a-f]{64}$/i;
/** The reference writes null or nothing at all for what is not set. */
const text = z
  .string()
  .nullish()
  .transform((given) => given || undefined);
const ms = z
  .number()
  .int()
  .positive()
  .nullish()
  .transform((given) => given ?? undefined);

const file = z.looseObject({
  controlPlane: z.looseObject({ url: text }).nullish(),
  supabase: z.looseObject({ url: text }).nullish(),
  node: z.looseObject({
    id: text,
    nodeId: z.string().min(1),
    role: z.string().default("provider"),
    name: text,
    publicKey: text,
    privateKey: z.string().regex(HEX64).nullish(),
    address: text,
    /** 0 is none. */
    port: z.number().int().min(0).max(65_535).nullish(),
  }),
  engine: z
    .looseObject({
      backend: text,
      ollamaHost: text,
      model: text,
    })
    .nullish(),
  intervals: z.looseObject({ heartbeatMs: ms, pollMs: ms, commandMs: ms }).nullish(),
});
type ConfigFile = z.infer<typeof file>;

const KNOWN = ["controlPlane", "supabase", "node", "engine", "intervals", "auth", "cloudCredentials"];
const KNOWN_NODE = ["id", "nodeId", "role", "name", "publicKey", "privateKey", "payoutPublicKey", "address", "port"];
const KNOWN_ENGINE = ["backend", "ollamaHost", "model", "ollama_num_thread"];

export function importConfig(written: string, where: string): NetworkImport {
  const config = parse(written, where);
  const { node, intervals } = config;
  if (node.role.toLowerCase() !== "provider") {
    throw new InfernetError("infernet_file", 400, `${where}: node.role is "${clean(node.role, 20)}"`, {
      hint: "fxn serves as a provider only.",
    });
  }
  if (node.privateKey && node.publicKey !== undefined) refuseOtherPair(node.privateKey, node.publicKey, where);
  const notes: string[] = [];
  const url = controlPlaneUrl(config, where, notes);
  const { model, backend, ollamaHost, server } = engineOf(config.engine ?? {}, notes);
  if (node.id) notes.push("node.id: not kept; the control plane says it when the node registers");
  if (!node.privateKey) notes.push("node.privateKey: there is none; make a key or bring one");
  if (node.payoutPublicKey) notes.push("node.payoutPublicKey: not kept; nothing uses it");
  if (config.auth) notes.push("auth: not kept; log in again with: fxn infernet login");
  if (config.cloudCredentials) notes.push("cloudCredentials: dropped; a node needs no keys of clouds");
  const name = nameOf(node.name, notes);
  notes.push(
    node.address
      ? "node.address: published as before (advertise: true); the p2p port stays closed until p2p.enabled is true"
      : "node.address: nothing is published (advertise: false)",
  );
  for (const name of unknown(config, KNOWN)) notes.push(`${name}: not known, not kept`);
  for (const name of unknown(node, KNOWN_NODE)) notes.push(`node.${name}: not known, not kept`);
  for (const name of unknown(config.engine ?? {}, KNOWN_ENGINE)) notes.push(`engine.${name}: not known, not kept`);
  return {
    settings: defined({
      url,
      nodeId: node.nodeId,
      name,
      advertise: Boolean(node.address),
      address: node.address,
      p2p: node.port ? { port: node.port } : undefined,
      engine: nonEmpty({ model, backend, ollamaHost }),
      commands: nonEmpty({ models: ollamaHost !== undefined && model !== undefined ? [model] : undefined }),
      intervals: nonEmpty({
        heartbeatMs: intervals?.heartbeatMs,
        pollMs: intervals?.pollMs,
        commandMs: intervals?.commandMs,
      }),
    }),
    privateKey: node.privateKey ? new Secret(node.privateKey.toLowerCase()) : undefined,
    modelServer: server === undefined ? undefined : { url: server, apiKey: undefined },
    notes,
  };
}

/** Everybody sees the name, and the reference's own choice is user@host:word: the word is enough to know the node by. */
function nameOf(written: string | undefined, notes: string[]): string | undefined {
  const [, word] = /^[^@\s]+@[^@\s]+:([^@:\s]+)$/.exec(written ?? "") ?? [];
  if (word !== undefined) {
    notes.push(
      `node.name: only "${clean(word, 40)}" of it is kept; user and host are nobody's business, and it is public`,
    );
    return word;
  }
  if (written?.includes("@")) notes.push("node.name: kept, but it looks like user@host and is public");
  return written;
}

/** Errors name the place and never the value: the file holds a key. */
function parse(written: string, where: string): ConfigFile {
  const refuse = (why: string) =>
    new InfernetError("infernet_file", 400, `${where}: ${why}`, { hint: "Is this Infernet's config.json?" });
  let json: unknown;
  try {
    json = JSON.parse(written.replace(/^\ufeff/, ""));
  } catch {
    throw refuse("it is not JSON");
  }
  const parsed = file.safeParse(json);
  if (parsed.success) return parsed.data;
  throw refuse(
    `${parsed.error.issues.map(({ path }) => path.join(".") || "all of it").join(", ")}: not as it should be`,
  );
}

/** A file that was mended by hand may hold two halves of two keys: the network knows the public one. */
function refuseOtherPair(privateKey: string, publicKey: string, where: string): void {
  const { pubkey } = nostrFromKey(Buffer.from(privateKey, "hex"));
  if (pubkey === publicKey.toLowerCase()) return;
  throw new InfernetError("infernet_file", 400, `${where}: node.publicKey is not that of node.privateKey`, {
    hint: "Which of them is the node's? Put the pair right before you import it.",
  });
}

function controlPlaneUrl(config: ConfigFile, where: string, notes: string[]): string | undefined {
  if (config.supabase) notes.push("supabase: dropped; a node must not have the database's keys");
  const own = config.controlPlane?.url;
  const url = own ?? config.supabase?.url;
  if (url === undefined) return undefined;
  if (own === undefined) notes.push("supabase.url: taken as the control plane's, since controlPlane.url is not there");
  try {
    return originOf(url.replace(/\/$/, ""));
  } catch (error) {
    if (!(error instanceof InfernetError)) throw error;
    throw new InfernetError(
      "infernet_file",
      400,
      `${where}: ${own ? "controlPlane" : "supabase"}.url: ${error.message}`,
      {
        ...(error.hint !== undefined && { hint: error.hint }),
      },
    );
  }
}

function unknown(written: object, known: readonly string[]): string[] {
  return Object.keys(written)
    .filter((name) => !known.includes(name))
    .map((name) => clean(name, 40));
}

function defined(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function nonEmpty(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const kept = defined(values);
  return Object.keys(kept).length > 0 ? kept : undefined;
}
