// THE way to a URL that a stranger names: says whether a GET ends in 2xx, and reaches nothing but the public internet.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { untilAborted } from "./abort.ts";
import { BLOCKED_PORTS } from "./blocked-ports.ts";
import { type HttpHead, hostOf, httpHead, portOf } from "./http-head.ts";
import { isPublicAddress } from "./public-address.ts";
import { ReachError, reasonOf, unreachable } from "./reach-error.ts";

/**
 * True when a GET of the URL, redirects followed, is answered 2xx. False for everything else: a caller cannot tell
 * what was refused from what failed. What time tells stays visible: whether a name resolves here, and whether a public
 * server is there but slow. To an address that is refused nothing is sent, so that nothing can be learnt of it.
 * Throws ReachError only when the caller's signal aborts.
 */
export type Reach = (url: string, signal: AbortSignal) => Promise<boolean>;

export interface ReachPorts {
  /** May be reached wherever they are: a host as the URL class writes it, or host:port for that port only. */
  readonly allowedHosts: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** All addresses of a name; asked once for each hop. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  readonly isPublic?: (address: string) => boolean;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
}

/** Over all hops, names included. */
const TIMEOUT_MS = 5000;
const MAX_REDIRECTS = 5;
/** Of one name: more would make this a way to knock at many doors with one question. */
const MAX_ADDRESSES = 4;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export function createReach({
  allowedHosts,
  clock,
  log,
  resolve = addressesOf,
  isPublic = isPublicAddress,
  ca,
}: ReachPorts): Reach {
  /** Where the URL may be asked, judged anew at each hop. */
  async function targets(url: URL): Promise<readonly string[]> {
    if (url.protocol !== "http:" && url.protocol !== "https:") throw unreachable(`${url.protocol} is not HTTP`);
    if (url.username || url.password) throw unreachable("a user or password in the URL");
    const port = portOf(url);
    const allowed = allowedHosts.includes(url.hostname) || allowedHosts.includes(`${url.hostname}:${port}`);
    if (!allowed && BLOCKED_PORTS.has(port)) throw unreachable(`port ${port} is not for HTTP`);
    const host = hostOf(url);
    const addresses = isIP(host) ? [host] : await resolve(host);
    // One that is not public spoils all: an honest name has no such mixture, and who rebinds a name may well have.
    if (!allowed && !addresses.every(isPublic)) throw unreachable("an address that is not public");
    return addresses;
  }

  async function ask(url: URL, signal: AbortSignal): Promise<HttpHead> {
    let failure: unknown = unreachable("no address");
    for (const address of (await untilAborted(targets(url), signal)).slice(0, MAX_ADDRESSES)) {
      try {
        return await httpHead(url, address, signal, ca);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  return async (text, signal) => {
    const timeout = new AbortController();
    const cancelTimer = clock.after(TIMEOUT_MS, () => timeout.abort(unreachable(`no answer within ${TIMEOUT_MS} ms`)));
    const ended = AbortSignal.any([signal, timeout.signal]);
    let host = "";
    try {
      let url = parse(text);
      for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
        host = url.host;
        const { status, location } = await ask(url, ended);
        if (status >= 200 && status < 300) return true;
        if (location === undefined || !REDIRECTS.includes(status)) throw unreachable(`answered ${status}`);
        url = parse(location, url);
      }
      throw unreachable(`more than ${MAX_REDIRECTS} redirects`);
    } catch (error) {
      if (signal.aborted) throw new ReachError("reach_aborted", 499, "the request was cancelled");
      log.debug({ host, reason: reasonOf(error) }, "an endpoint is not reachable");
      return false;
    } finally {
      cancelTimer();
    }
  };
}

/** The parser's own error quotes the URL. */
function parse(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw unreachable("no URL");
  return new URL(text, base);
}

/** IPv4 first: where there is no IPv6, many a resolver names its addresses all the same. */
async function addressesOf(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true, verbatim: true });
  return found.sort((a, b) => a.family - b.family).map(({ address }) => address);
}
