import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { clientAddress, trustedBy } from "./client-address.ts";

const trusted = trustedBy(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);
const client = (peer: string, headers: Record<string, string>, isTrusted = trusted) =>
  clientAddress(peer, new Headers(headers), isTrusted);
const xff = (value: string) => ({ "x-forwarded-for": value });

describe("trusted-proxy mode stated: who called", () => {
  test("without trusted proxies headers say nothing", () => {
    const nobody = trustedBy([]);
    expect(client("203.0.113.9", { ...xff("1.1.1.1"), forwarded: "for=2.2.2.2" }, nobody)).toBe("203.0.113.9");
    expect(client("10.0.0.1", xff("1.1.1.1"), nobody)).toBe("10.0.0.1");
  });

  test("a caller that is no proxy is not believed", () => {
    expect(client("203.0.113.9", xff("1.1.1.1"))).toBe("203.0.113.9");
    expect(client("fe80::1", xff("1.1.1.1"))).toBe("fe80::1");
    expect(client("192.0.2.8", xff("1.1.1.1"))).toBe("192.0.2.8");
  });

  test.each([
    ["one hop", "10.1.2.3", "203.0.113.9", "203.0.113.9"],
    ["several hops, all trusted but the first", "10.1.2.3", "203.0.113.9, 10.0.0.2, 192.0.2.7", "203.0.113.9"],
    ["spoofed on the left", "10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9"],
    ["a trusted address, spoofed on the left", "10.1.2.3", "10.9.9.9, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["a caller within", "10.1.2.3", "10.4.4.4", "10.4.4.4"],
    ["no header", "10.1.2.3", "", "10.1.2.3"],
    ["nonsense", "10.1.2.3", "1.1.1.1, <script>", "10.1.2.3"],
    ["unknown", "10.1.2.3", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["with a port", "10.1.2.3", "203.0.113.9:5512", "203.0.113.9"],
    ["IPv6", "fd12::1", "2001:db8::5", "2001:db8::5"],
    ["IPv6 with brackets and port", "fd12::1", "[2001:db8::5]:443", "2001:db8::5"],
    ["IPv4 in IPv6 at the socket", "::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"],
    ["IPv4 in IPv6 in the header", "10.1.2.3", "203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"],
    ["a scope", "10.1.2.3", "fe80::1%eth0", "10.1.2.3"],
    ["numbers that are no address", "10.1.2.3", "300.1.1.1", "10.1.2.3"],
  ])("%s", (_, peer, header, expected) => {
    expect(client(peer, xff(header))).toBe(expected);
  });

  test("Forwarded, where there is no X-Forwarded-For", () => {
    const forwarded = (value: string) => client("10.1.2.3", { forwarded: value });
    expect(forwarded("for=203.0.113.9;proto=https;by=10.0.0.1")).toBe("203.0.113.9");
    expect(forwarded('for=1.1.1.1, For="[2001:db8::5]:4711";proto=http, for=10.0.0.2')).toBe("2001:db8::5");
    expect(forwarded("for=1.1.1.1, for=_hidden")).toBe("10.1.2.3");
    expect(forwarded("for=1.1.1.1, proto=http")).toBe("10.1.2.3");
    expect(client("10.1.2.3", { ...xff("203.0.113.9"), forwarded: "for=1.1.1.1" })).toBe("203.0.113.9");
  });

  test("attack: whatever a caller puts to the left, its own address is what is logged", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (left) => {
        const value = [...left.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")), "203.0.113.9"].join(", ");
        expect(client("10.1.2.3", xff(value))).toBe("203.0.113.9");
      }),
    );
  });
});
