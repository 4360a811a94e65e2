// Who called: the address of the connection, or what a trusted proxy says of it. For the log alone; nobody is let in by it.
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** More hops than any way to a node has; a header may be long. */
const MOST_HOPS = 32;

/**
 * The right-most address that no trusted proxy has: what stands to the left of it was written by whoever that is, and may
 * be anything. X-Forwarded-For counts before Forwarded, since most proxies write only that; one that writes neither hides
 * its callers.
 */
export function clientAddress(peer: string, headers: Headers, isTrusted: (address: string) => boolean): string {
  let client = plain(peer) ?? peer;
  if (!isTrusted(client)) return client;
  const said = headers.get("x-forwarded-for") ?? forwardedFor(headers.get("forwarded") ?? "");
  for (const hop of said.split(",").slice(-MOST_HOPS).reverse()) {
    const address = plain(hop.trim());
    // "unknown", a name, or nonsense: whoever wrote it is the last that is known.
    if (address === undefined) return client;
    client = address;
    if (!isTrusted(address)) return client;
  }
  return client;
}

/** @param ranges of the configuration: "10.0.0.0/8", "::1" */
export function trustedBy(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    list.addSubnet(address, Number(prefix ?? (family === "ipv4" ? 32 : 128)), family);
  }
  return (address) => list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/** An address as it is compared: without brackets, port or scope, and IPv4 as IPv4 where IPv6 wraps it. */
function plain(text: string): string | undefined {
  // Most are, and this is on the way of every request.
  if (isIPv4(text)) return text;
  const bare =
    /^"?\[([^\]]+)\](?::\d+)?"?$/.exec(text)?.[1] ?? /^"?(\d+\.\d+\.\d+\.\d+)(?::\d+)?"?$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
  return isIPv4(address) || (isIPv6(address) && !address.includes("%")) ? address : undefined;
}

/** The `for` of each hop of RFC 7239, with commas between them. */
function forwardedFor(header: string): string {
  const hops = header.split(",").slice(-MOST_HOPS);
  return hops.map((hop) => /(?:^|;)\s*for=("[^"]*"|[^;\s]*)/i.exec(hop.trim())?.[1] ?? "unknown").join(",");
}
