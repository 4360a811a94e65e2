// How this network's traffic leaves the machine: as the node's, or through a proxy and no other way.

import { isLoopback } from "../../config/net-fields.ts";
import type { Clock } from "../../core/clock.ts";
import type { Fetch } from "../../lib/fetch.ts";
import type { SocksProxy } from "../../lib/socks.ts";
import { createSocksFetch } from "../../lib/socks-fetch.ts";

/** What is on this machine does not leave it: an IPFS node here is asked directly. */
export function wayOut(proxy: SocksProxy | undefined, direct: Fetch, clock: Clock): Fetch {
  if (!proxy) return direct;
  const proxied = createSocksFetch(proxy, clock);
  return (url, options) => (isLocal(url) ? direct(url, options) : proxied(url, options));
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ""));
}
