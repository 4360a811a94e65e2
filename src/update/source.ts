// Where a release's files come from: a folder of this machine, or a folder's URL.
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import type { Fetch, FetchReply } from "../lib/fetch.ts";
import { readSmallFile } from "../lib/small-file.ts";
import { UpdateError } from "./errors.ts";

export interface ReleaseFiles {
  /** Where from, in words. */
  readonly from: string;
  /** @throws UpdateError release_unreachable */
  get(name: string, maxBytes: number): Promise<Uint8Array>;
}

const TIMEOUT_MS = 10 * 60_000;
const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** @param from https://…, http://… of this machine, or a path. Throws UpdateError. */
export function releaseFiles(from: string, get: Fetch): ReleaseFiles {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from))
    return { from, get: (name, maxBytes) => fromFolder(from, name, maxBytes) };
  allowed(from);
  const base = from.replace(/\/+$/, "");
  return { from: base, get: (name, maxBytes) => download(`${base}/${name}`, get, maxBytes) };
}

async function fromFolder(folder: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const path = join(folder, name);
  try {
    return readSmallFile(path, { mostBytes: maxBytes });
  } catch (cause) {
    throw new UpdateError("release_unreachable", 500, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Redirects are followed where a URL would be allowed: release pages keep their files elsewhere. */
async function download(url: string, get: Fetch, maxBytes: number): Promise<Uint8Array> {
  let at = url;
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    const reply = await get(at, { timeoutMs: TIMEOUT_MS, maxBytes, redirects: "answer" });
    if (reply.status === 200) return reply.body;
    at = nextOf(at, reply, url);
  }
  throw new UpdateError("release_unreachable", 502, `${url}: more than ${MOST_REDIRECTS} redirects`);
}

function nextOf(at: string, { status, headers }: FetchReply, url: string): string {
  const location = headers.get("location");
  if (!REDIRECTS.includes(status) || location === null || !URL.canParse(location, at)) {
    throw new UpdateError("release_unreachable", 502, `${url}: the answer was ${status}`, {
      hint: "Is there a release at that URL?",
    });
  }
  const next = new URL(location, at).href;
  allowed(next);
  return next;
}

/** The signature protects what arrives; this protects who asks for it from being watched. Throws UpdateError. */
function allowed(url: string): void {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  if (protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))) return;
  throw new UpdateError("release_unreachable", 400, `${url} is no https:// URL`, {
    hint: "A folder of this machine does as well.",
  });
}
