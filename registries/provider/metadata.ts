// What a registration says of its node: JSON with a url and perhaps a name; members that are not ours are kept.
import { z } from "zod";
import { clean } from "../../src/lib/clean.ts";
import { isPublicAddress } from "../../src/lib/public-address.ts";
import { ProviderError } from "./errors.ts";

/** The contract's limit, of characters; bytes are never fewer, so that what fits here fits however it counts. */
const MAX_BYTES = 1024;

export interface Described {
  readonly url: string | undefined;
  readonly name: string | undefined;
}

const members = z.record(z.string(), z.unknown());
const word = z.string().optional().catch(undefined);

/** Whoever registered it may have written anything. */
export function describedBy(metadata: string): Described {
  const { url, name } = membersOf(metadata) ?? {};
  return { url: word.parse(url), name: word.parse(name) };
}

/**
 * @param present what the registration says now; "" for a new one
 * @throws ProviderError provider_metadata when it gets too long
 */
export function metadataWith(present: string, change: Partial<Described>): string {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const text = JSON.stringify({ ...membersOf(present), ...Object.fromEntries(given) });
  const length = Buffer.byteLength(text);
  if (length <= MAX_BYTES) return text;
  const message = `the metadata would have ${length} bytes, and the contract takes ${MAX_BYTES}: ${clean(text, 60)}`;
  throw new ProviderError("provider_metadata", message, "Choose a shorter --url or --name.");
}

/** undefined: it is no JSON object, and nothing of it can be kept. */
function membersOf(metadata: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return members.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}

/**
 * The address at which gateways will call.
 * @returns it, and what speaks against it without making it impossible
 * @throws ProviderError provider_url
 */
export function nodeUrl(text: string): { readonly url: string; readonly doubts: readonly string[] } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw notUrl(text, "is no absolute http or https URL");
  if (url.username || url.password) throw notUrl(url.host, "holds a user or a password, which everybody could read");
  if (url.search || url.hash) throw notUrl(text, "has a query or a fragment: gateways add paths to it");
  const doubts: string[] = [];
  if (!reachable(url.hostname)) doubts.push(`${url.hostname} is no address of the internet: gateways cannot reach it`);
  if (url.protocol === "http:") doubts.push("http is not encrypted: prompts and answers can be read on the way");
  return { url: text, doubts };
}

function reachable(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (/^[\d.]+$/.test(host) || host.includes(":")) return isPublicAddress(host);
  return host.includes(".") && !/\.(local|localhost|internal|lan|home|test|invalid)\.?$/.test(host);
}

function notUrl(text: string, why: string): ProviderError {
  return new ProviderError("provider_url", `--url: "${clean(text)}" ${why}`, "Such as: --url https://node.example");
}
