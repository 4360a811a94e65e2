// What a reference node's config.json becomes here: its settings, its keystore as it is, and a word about all the rest.
import { z } from "zod";
import type { NetworkImport } from "../../core/network-import.ts";
import { clean } from "../../lib/clean.ts";
import { cofheMode, NO_PAYMENTS, NOT_KEPT, refused, rpcUrlsOf, SAME } from "./carried.ts";

const text = z
  .string()
  .nullish()
  .transform((given) => given?.trim() || undefined);
const integer = z
  .int()
  .nullish()
  .transform((given) => given ?? undefined);

const file = z.looseObject({
  keystore_path: text,
  tier: integer,
  supported_model_ids: z.array(z.string()).nullish(),
  icl_endpoint: text,
  payment_service_url: text,
  rpc_url: text,
  fhenix_rpc: text,
  ipfs_gateway: text,
  ipfs_upload_url: text,
  blind_token_address: text,
  cofhe_mode: text,
  cofhe_endpoint: text,
  cofhe_chain_id: integer,
  cofhe_threshold_url: text,
});

const READ = ["keystore_path", "rpc_url", "fhenix_rpc", "cofhe_mode", "cofhe_endpoint"];
/** The reference writes it beside the configuration. */
const KEYSTORE = "keystore.json";

export function importConfig(written: string, where: string): NetworkImport {
  const config = parse(written, where);
  const { mode, known } = cofheMode(config.cofhe_mode);
  const notes: string[] = [];
  if (!known) notes.push("cofhe_mode: neither bridge nor python: bridge");
  const same = Object.entries(SAME).flatMap(([name, setting]) => {
    const value = config[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    if (name === "payment_service_url" && value === NO_PAYMENTS) {
      notes.push("payment_service_url: not kept; it is the default there, where no payment service is");
      return [];
    }
    return [[setting, value] as const];
  });
  const rpc = config.rpc_url ?? config.fhenix_rpc;
  const rpcUrls = rpcUrlsOf(rpc, mode === "python" ? undefined : config.cofhe_endpoint);
  if (config.fhenix_rpc && config.rpc_url === undefined) notes.push("fhenix_rpc: taken as rpc_url, its newer name");
  if (rpcUrls.length === 0) notes.push("rpc_url: there is none; nothing is done on chain");
  if (config.supported_model_ids?.length) {
    notes.push("supported_model_ids: each needs its model in model_backend.yaml; nothing goes to a cloud by itself");
  }
  for (const [name, why] of Object.entries(NOT_KEPT)) if (isSet(config[name])) notes.push(`${name}: ${why}`);
  const all = [...READ, ...Object.keys(SAME), ...Object.keys(NOT_KEPT)];
  for (const name of Object.keys(config).filter((one) => !all.includes(one))) {
    notes.push(`${clean(name, 40)}: not known, not kept`);
  }
  const endpoint = mode === "python" ? config.cofhe_endpoint : undefined;
  return {
    settings: tree([
      ...same,
      ...(rpcUrls.length > 0 ? [["rpcUrls", rpcUrls] as const] : []),
      ...(mode ? [["cofhe.mode", mode] as const] : []),
      ...(endpoint ? [["cofhe.endpoint", endpoint] as const] : []),
    ]),
    privateKey: undefined,
    keystore: config.keystore_path ?? KEYSTORE,
    modelServer: undefined,
    notes,
  };
}

/** Errors name the place and never the value: URLs may hold keys. */
function parse(written: string, where: string): z.output<typeof file> {
  let json: unknown;
  try {
    json = JSON.parse(written.replace(/^\ufeff/, ""));
  } catch {
    throw refused(where, "it is not JSON");
  }
  const parsed = file.safeParse(json);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path }) => path.join(".") || "all of it");
  throw refused(where, `${places.join(", ")}: not as it should be`);
}

/** Whether it says anything that the reference's default does not. */
function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== 0 && value !== false;
}

/** "ipfs.gateway" stands under ipfs. */
function tree(entries: readonly (readonly [path: string, value: unknown])[]): Readonly<Record<string, unknown>> {
  const top = entries.filter(([path]) => !path.includes("."));
  const sections = Map.groupBy(
    entries.filter(([path]) => path.includes(".")),
    ([path]) => path.slice(0, path.indexOf(".")),
  );
  const under = [...sections].map(([name, members]) => [
    name,
    Object.fromEntries(members.map(([path, value]) => [path.slice(name.length + 1), value])),
  ]);
  return Object.fromEntries([...top, ...under]);
}
