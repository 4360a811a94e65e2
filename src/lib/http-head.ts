// One GET to one address: status and Location of the answer, never its body; the connection is closed in any case.
import http from "node:http";
import https from "node:https";
import { BlockList, isIP } from "node:net";
import { untilAborted } from "./abort.ts";
import { unreachable } from "./reach-error.ts";

export interface HttpHead {
  readonly status: number;
  readonly location: string | undefined;
}

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Nothing is resolved here: the connection goes to `address` whatever the URL's host is called, and is sent nothing
 * before its other end is known to be that address. The certificate must be good for the URL's host.
 * Rejects with ReachError, the runtime's own error, or the signal's reason.
 * @param ca PEM of the only authorities to trust, instead of the system's
 */
export async function httpHead(
  url: URL,
  address: string,
  signal: AbortSignal,
  ca: string | undefined,
): Promise<HttpHead> {
  const tls = url.protocol === "https:";
  const host = hostOf(url);
  const isAddress = sameAddress(address);
  const outgoing = (tls ? https : http).request({
    host: address,
    port: portOf(url),
    path: url.pathname + url.search,
    // Without this, $NODE_TLS_REJECT_UNAUTHORIZED would decide.
    rejectUnauthorized: true,
    // Server names are no addresses (RFC 6066); the certificate is then held against the address itself.
    servername: isIP(host) ? "" : host,
    ca,
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: { Host: url.host, "User-Agent": "fxn", Accept: "*/*" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<HttpHead>();
  outgoing.on("error", reject);
  outgoing.once("socket", (socket) => {
    socket.once(tls ? "secureConnect" : "connect", () => {
      if (isAddress(socket.remoteAddress)) outgoing.end();
      else reject(unreachable("connected to another address"));
    });
  });
  // Node takes any number of these before the answer; each has its own limit on headers, so their sum needs one.
  outgoing.on("information", () => {
    if ((outgoing.socket?.bytesRead ?? 0) > MAX_HEADER_BYTES) reject(unreachable("no end of 1xx answers"));
  });
  outgoing.once("upgrade", () => reject(unreachable("switched to another protocol, unasked")));
  outgoing.once("response", (response) => {
    response.on("error", () => {});
    resolve({ status: response.statusCode ?? 0, location: response.headers.location });
  });
  try {
    return await untilAborted(promise, signal);
  } finally {
    outgoing.destroy();
  }
}

/** Name or address, IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

/** Compared as bytes: one IPv6 address has many spellings. Throws for what is no address. */
function sameAddress(wanted: string): (found: string | undefined) => boolean {
  const list = new BlockList();
  list.addAddress(wanted, familyOf(wanted));
  return (found) => found !== undefined && list.check(found, familyOf(found));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
