// Which IP addresses belong to the public internet: global unicast outside IANA's special-purpose registries.
import { BlockList, isIP } from "node:net";

type Range = readonly [first: string, prefix: number];

// https://www.iana.org/assignments/iana-ipv4-special-registry, and what stands outside of it: multicast, Azure.
const SPECIAL_IPV4: readonly Range[] = [
  ["0.0.0.0", 8], // "this network": 0.0.0.0 reaches this machine
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT; Alibaba's metadata at 100.100.100.200
  ["127.0.0.0", 8], // loopback
  ["168.63.129.16", 32], // public by its number, and yet the agent of an Azure machine's own host
  ["169.254.0.0", 16], // link-local; the metadata of most clouds at 169.254.169.254
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // IETF protocols; Oracle's metadata at 192.0.0.192
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // multicast tunnels (AMT)
  ["192.88.99.0", 24], // relays from 6to4
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/**
 * All that IANA has given out as global unicast. Outside of it: ::, ::1, IPv4 in IPv6 (::/96, ::ffff:0:0/96, NAT64 in
 * 64:ff9b::/96 and 64:ff9b:1::/48), 100::/64, 5f00::/16, fc00::/7, fe80::/10, fec0::/10, ff00::/8, and what is free.
 */
const GLOBAL_IPV6: Range = ["2000::", 3];

// https://www.iana.org/assignments/iana-ipv6-special-registry, as far as it lies within 2000::/3.
const SPECIAL_IPV6: readonly Range[] = [
  ["2001::", 23], // IETF protocols: Teredo, ORCHID, benchmarks, AMT, AS112
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which holds any IPv4 address
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
];

/** What a household or an office numbers its machines with; not the machine itself, nor what is link-local. */
const LOCAL_IPV4: readonly Range[] = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
];
const LOCAL_IPV6: Range = ["fc00::", 7];

const specialIpv4 = listOf(SPECIAL_IPV4, "ipv4");
const globalIpv6 = listOf([GLOBAL_IPV6], "ipv6");
const specialIpv6 = listOf(SPECIAL_IPV6, "ipv6");
const localIpv4 = listOf(LOCAL_IPV4, "ipv4");
const localIpv6 = listOf([LOCAL_IPV6], "ipv6");

/** False for what is no address, has a scope, or holds an IPv4 address in IPv6. */
export function isPublicAddress(text: string): boolean {
  const family = isIP(text);
  if (family === 4) return !specialIpv4.check(text, "ipv4");
  // A scope (%eth0) is for what is near, and the lists do not look at it.
  return family === 6 && !text.includes("%") && globalIpv6.check(text, "ipv6") && !specialIpv6.check(text, "ipv6");
}

/** Whether it is one of a local network's own, and neither this machine nor the public internet. */
export function isLocalNetworkAddress(text: string): boolean {
  const family = isIP(text);
  if (family === 4) return localIpv4.check(text, "ipv4");
  return family === 6 && !text.includes("%") && localIpv6.check(text, "ipv6");
}

function listOf(ranges: readonly Range[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [first, prefix] of ranges) list.addSubnet(first, prefix, family);
  return list;
}
