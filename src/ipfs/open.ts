// IPFS as networks use it: the cache, the local API, then each gateway; stored where the operator said, and nowhere else.
import type { CID } from "multiformats/cid";
import type { Clock } from "../core/clock.ts";
import { FxnError, messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { type Fetch, FetchError } from "../lib/fetch.ts";
import { assemble, type Verified, type Want } from "./assemble.ts";
import { openCache } from "./cache.ts";
import { IDENTITY, parseCid } from "./cid.ts";
import { type IpfsCode, IpfsError } from "./errors.ts";
import { gatewaySource } from "./gateway.ts";
import type { Ipfs } from "./ipfs.ts";
import { DEFAULT_LAYOUT } from "./layout.ts";
import { type LocalApi, localApi } from "./local-api.ts";
import { openPinata, type PinataOptions } from "./pinata.ts";

export interface IpfsOptions {
  /** "http://127.0.0.1:5001" */
  readonly api?: string | undefined;
  /** In the order in which they are asked. */
  readonly gateways: readonly string[];
  readonly pinata?: PinataOptions | undefined;
  readonly cacheDir: string;
  /** 0: nothing is kept. */
  readonly cacheBytes: number;
  /** Of one source, from the question to the last byte. */
  readonly timeoutMs: number;
}

export interface IpfsPorts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
}

/** A file goes out more slowly than a question. */
const UPLOAD_MS = 30_000;
/** Known only from verified bytes, so that no other source could say anything else. */
const FACTS: readonly string[] = ["content_unsupported", "content_too_large"];

interface Failure {
  readonly host: string;
  readonly error: unknown;
}

export function openIpfs(options: IpfsOptions, { fetch, clock, log }: IpfsPorts): Ipfs {
  const ports = { fetch, clock, timeoutMs: options.timeoutMs };
  const uploads = { ...ports, timeoutMs: Math.max(options.timeoutMs, UPLOAD_MS) };
  const api = options.api === undefined ? undefined : localApi(options.api, ports, uploads);
  const pinata = options.pinata && openPinata(options.pinata, uploads);
  const sources = [...(api ? [api] : []), ...options.gateways.map((base) => gatewaySource(base, ports))];
  const cache = openCache({ dir: options.cacheDir, maxBytes: options.cacheBytes, clock, log });

  async function fromSources(cid: CID, want: Want): Promise<Verified> {
    const failures: Failure[] = [];
    for (const source of sources) {
      try {
        return await source.get(cid, want);
      } catch (error) {
        want.signal.throwIfAborted();
        if (error instanceof IpfsError && FACTS.includes(error.code)) throw named(cid, error);
        log.debug({ cid: cid.toString(), host: source.host, reason: messageOf(error) }, "an IPFS source failed");
        failures.push({ host: source.host, error });
      }
    }
    throw nobodyHas(cid, failures);
  }

  return {
    async get(text, want) {
      const cid = parseCid(text);
      want.signal.throwIfAborted();
      // Its content stands in it.
      if (cid.multihash.code === IDENTITY) return (await assemble(cid, () => undefined, want)).bytes;
      const kept = await cache.read(cid, want);
      if (kept) return kept.bytes;
      const content = await fromSources(cid, want);
      await cache.write(cid, content);
      return content.bytes;
    },

    async canStore(signal) {
      if (!api && !pinata) throw nowhere();
      if (api) await stored(api.host, signal, () => api.version(signal));
    },

    async add(bytes, { name, signal }) {
      if (!api && !pinata) throw nowhere();
      // Who chooses the CID goes first; the other one is told to make the same.
      const kept = pinata && (await stored(pinata.host, signal, () => pinata.add(bytes, name, signal)));
      const layout = kept?.layout ?? DEFAULT_LAYOUT;
      const cid = api && (await stored(api.host, signal, () => api.add(bytes, name, layout, signal)));
      return String(kept?.cid ?? cid);
    },

    async pin(text, signal) {
      const cid = parseCid(text);
      const { host, pin } = pinning(api);
      await attempt("pin_failed", host, signal, () => pin(cid, signal));
    },

    async unpin(text, signal) {
      const cid = parseCid(text);
      const { host, unpin } = pinning(api);
      await attempt("pin_failed", host, signal, () => unpin(cid, signal));
    },
  };
}

function nowhere(): IpfsError {
  return new IpfsError("upload_failed", "there is no place to store content at", {
    hint: "Configure an IPFS API or an upload URL with its JWT.",
  });
}

function pinning(api: LocalApi | undefined): LocalApi {
  if (api) return api;
  throw new IpfsError("pin_failed", "there is no IPFS API that could pin", { hint: "Configure one." });
}

const stored = <T>(host: string, signal: AbortSignal, work: () => Promise<T>) =>
  attempt("upload_failed", host, signal, work);

/** What goes wrong is said with its host. */
async function attempt<T>(code: IpfsCode, host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const own = error instanceof IpfsError ? error : undefined;
    throw new IpfsError(own?.code ?? code, reasonOf({ host, error }), {
      cause: error,
      ...(own?.hint !== undefined && { hint: own.hint }),
    });
  }
}

function named(cid: CID, { code, message }: IpfsError): IpfsError {
  return new IpfsError(code, `${cid}: ${message}`);
}

function nobodyHas(cid: CID, failures: readonly Failure[]): IpfsError {
  const reasons = failures.map(reasonOf).join("; ") || "no IPFS API or gateway is configured";
  return new IpfsError(codeOf(failures), `${cid} could not be had: ${reasons}`);
}

/** The failure that says most about the content. */
function codeOf(failures: readonly Failure[]): IpfsCode {
  const codes = failures.map(({ error }) => (error instanceof FxnError ? error.code : ""));
  if (codes.includes("fetch_too_large")) return "content_too_large";
  return codes.includes("content_false") ? "content_false" : "content_not_found";
}

/** Errors of the fetch begin with the host already. */
function reasonOf({ host, error }: Failure): string {
  const message = messageOf(error);
  return error instanceof FetchError ? message : `${host}: ${message}`;
}
