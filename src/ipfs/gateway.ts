// An HTTP gateway: asked for blocks that can be verified, and where it knows only whole files, for bytes to rebuild the root from.
import type { CID } from "multiformats/cid";
import type { FetchOptions, FetchReply } from "../lib/fetch.ts";
import { tooLarge, type Verified, type Want } from "./assemble.ts";
import { mostCarBytes, readCar } from "./car.ts";
import { RAW } from "./cid.ts";
import { IpfsError } from "./errors.ts";
import { rebuild } from "./layout.ts";
import { type Source, type SourcePorts, timeLeft } from "./source.ts";
import { ownHost } from "./subdomain.ts";

const CAR = "application/vnd.ipld.car";
const RAW_BLOCK = "application/vnd.ipld.raw";
/** What gateways answer that have no such form; everything else they would also answer without it. */
const NO_SUCH_FORM = [400, 403, 405, 406, 415, 501];

export function gatewaySource(base: string, ports: SourcePorts): Source {
  const { host } = new URL(base);
  return {
    host,
    async get(cid, want) {
      const left = timeLeft(ports);
      const ask = (form: Form) => request(cid, form, want, left);
      const form = cid.code === RAW ? RAW_FORM : CAR_FORM;
      const reply = await ask(form);
      if (!NO_SUCH_FORM.includes(reply.status)) return verified(cid, reply, want);
      return verified(cid, await ask(PLAIN_FORM), want);
    },
  };

  async function request(cid: CID, { query, accept }: Form, { maxBytes, signal }: Want, left: () => number) {
    const get = (url: string, more: Pick<FetchOptions, "redirects">) =>
      // Whole files are no larger than CARs.
      ports.fetch(url, { headers: { accept }, timeoutMs: left(), maxBytes: mostCarBytes(maxBytes), signal, ...more });
    const asked = gatewayUrl(base, cid.toString(), query);
    const reply = await get(asked, { redirects: "answer" });
    const own = ownHost(asked, cid, reply.status, reply.headers.get("location"));
    return own === undefined ? reply : get(own, {});
  }
}

interface Form {
  readonly query: Readonly<Record<string, string>>;
  readonly accept: string;
}

const RAW_FORM: Form = { query: { format: "raw" }, accept: RAW_BLOCK };
/** "entity": of a directory only its own blocks, which suffice to refuse it. */
const CAR_FORM: Form = { query: { format: "car", "dag-scope": "entity" }, accept: CAR };
const PLAIN_FORM: Form = { query: {}, accept: "*/*" };

/** "https://host/ipfs/" and "https://host" mean the same; a query of the base, which may be a token, stays. */
export function gatewayUrl(base: string, cid: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = `${path.endsWith("/ipfs") ? path : `${path}/ipfs`}/${cid}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

async function verified(cid: CID, { status, headers, body }: FetchReply, want: Want): Promise<Verified> {
  if (status >= 300 && status < 400)
    throw new IpfsError("content_not_found", "it answered with a redirect, which is not followed");
  if (status !== 200) throw new IpfsError("content_not_found", `it answered ${status}`);
  if (headers.get("content-type")?.toLowerCase().startsWith(CAR)) return readCar(cid, body, want);
  const rebuilt = await rebuild(cid, body, want.signal);
  if (!rebuilt) {
    throw new IpfsError("content_false", "the bytes that came do not give this CID in any usual layout");
  }
  if (body.length > want.maxBytes) throw tooLarge(want.maxBytes);
  return rebuilt.verified;
}
