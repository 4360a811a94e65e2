import { describe, expect, test } from "bun:test";
import { isIP } from "node:net";
import fc from "fast-check";
import { isLocalNetworkAddress, isPublicAddress } from "./public-address.ts";

// Each range by its edges, and whether the addresses just outside of it are public.
const IPV4: readonly (readonly [name: string, before: string, first: string, last: string, after: string])[] = [
  ["this network", "", "0.0.0.0", "0.255.255.255", "1.0.0.0"],
  ["private 10/8", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
  ["carrier-grade NAT", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"],
  ["loopback", "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"],
  ["Azure's host agent", "168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"],
  ["link-local", "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"],
  ["private 172.16/12", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"],
  ["IETF protocols", "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
  ["TEST-NET-1", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
  ["AS112", "192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"],
  ["AMT", "192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"],
  ["6to4 relays", "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"],
  ["private 192.168/16", "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"],
  ["AS112 delegation", "192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"],
  ["benchmarks", "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"],
  ["TEST-NET-2", "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"],
  ["TEST-NET-3", "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"],
  ["multicast to broadcast", "223.255.255.255", "224.0.0.0", "255.255.255.255", ""],
];

const IPV6: typeof IPV4 = [
  ["all below global unicast", "", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"],
  [
    "IETF protocols",
    "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001::",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:200::",
  ],
  [
    "documentation",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db9::",
  ],
  ["6to4", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"],
  [
    "AS112 delegation",
    "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff",
    "2620:4f:8000::",
    "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
    "2620:4f:8001::",
  ],
  [
    "new documentation",
    "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::",
    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff:1000::",
  ],
  [
    "all above global unicast",
    "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "4000::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "",
  ],
];

describe("public addresses", () => {
  for (const [name, before, first, last, after] of [...IPV4, ...IPV6]) {
    test(`${name}: ${first} to ${last} is special, its neighbours are public`, () => {
      expect([first, last].map(isPublicAddress)).toEqual([false, false]);
      const neighbours = [before, after].filter(Boolean);
      expect(neighbours.filter(isPublicAddress)).toEqual(neighbours);
    });
  }

  test("attack: special addresses by name", () => {
    const special = {
      "AWS, Azure and Google metadata": "169.254.169.254",
      "Alibaba metadata": "100.100.100.200",
      "Oracle metadata": "192.0.0.192",
      "AWS metadata, IPv6": "fd00:ec2::254",
      "Google metadata, IPv6": "fd20:ce::254",
      loopback: "::1",
      mapped: "::ffff:127.0.0.1",
      "mapped, in hex": "::ffff:7f00:1",
      "mapped, of a public address": "::ffff:8.8.8.8",
      "mapped, written out": "0:0:0:0:0:ffff:a00:1",
      translated: "::ffff:0:127.0.0.1",
      compatible: "::127.0.0.1",
      NAT64: "64:ff9b::7f00:1",
      "NAT64 of a public address": "64:ff9b::8.8.8.8",
      "local NAT64": "64:ff9b:1::7f00:1",
      "6to4 of loopback": "2002:7f00:1::",
      Teredo: "2001:0:7f00:1::",
      ORCHID: "2001:20::1",
      "discard-only": "100::1",
      "segment routing": "5f00::1",
      "unique local": "fdff::1",
      "link-local": "fe80::1",
      "site-local": "fec0::1",
      multicast: "ff02::1",
      "with a scope": "fe80::1%eth0",
      "public, with a scope": "2606:4700::1%eth0",
    };
    expect(Object.entries(special).filter(([, address]) => isPublicAddress(address))).toEqual([]);
  });

  test("public ones, in any spelling", () => {
    const known = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2A00:1450:4001:0810:0::200E"];
    expect(known.filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  test("what is no address is not public", () => {
    const odd = ["", "localhost", "1.1.1", "1.1.1.1 ", "01.1.1.1", "0x1.1.1.1", "16843009", "1.1.1.1/8", "[2606::1]"];
    expect(odd.filter(isPublicAddress)).toEqual([]);
    fc.assert(fc.property(fc.string(), (text) => isIP(text) > 0 || !isPublicAddress(text)));
  });

  test("agrees with a comparison of bits, on random addresses near every edge", () => {
    const ranges = IPV4.map(([, , first, last]) => [ipv4(first), ipv4(last)] as const);
    const near = fc.oneof(
      fc.nat(2 ** 32 - 1),
      fc.tuple(fc.constantFrom(...ranges.flat()), fc.integer({ min: -300, max: 300 })).map(([edge, off]) => edge + off),
    );
    fc.assert(
      fc.property(near, (drawn) => {
        const number = Math.min(Math.max(drawn, 0), 2 ** 32 - 1);
        const text = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
        expect(isPublicAddress(text)).toBe(!ranges.some(([first, last]) => number >= first && number <= last));
      }),
      { numRuns: 2000 },
    );
  });

  test("no IPv6 address outside 2000::/3 is public", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const top = Number.parseInt(text.split(":")[0] || "0", 16) >>> 13;
        return top === 1 || !isPublicAddress(text);
      }),
      { numRuns: 2000 },
    );
  });
});

function ipv4(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

test.each([
  ["10.1.2.3", true],
  ["172.31.255.255", true],
  ["192.168.0.1", true],
  ["fd00::1", true],
  ["172.32.0.1", false],
  ["127.0.0.1", false],
  ["169.254.169.254", false],
  ["8.8.8.8", false],
  ["fe80::1", false],
  ["fd00::1%eth0", false],
  ["::1", false],
  ["node.lan", false],
])("%s is of a local network: %p", (address, local) => {
  expect(isLocalNetworkAddress(address)).toBe(local);
});
