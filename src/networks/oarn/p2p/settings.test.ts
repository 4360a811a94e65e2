// Which addresses the settings take, and what is said of the others.
import { describe, expect, test } from "bun:test";
import { p2pSettings } from "./settings.ts";

const ID = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

test("by default nothing is on, and reference nodes' ports are listened on", () => {
  expect(p2pSettings.parse(undefined)).toEqual({
    enabled: false,
    listenAddresses: ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"],
    announceAddresses: [],
    bootstrap: [],
    maxPeers: 50,
    maxPeersPerIp: 5,
    mdns: false,
    dht: true,
    ipfsDht: false,
  });
});

describe("a bootstrap node", () => {
  test.each([
    `/ip4/203.0.113.7/tcp/4001/p2p/${ID}`,
    `/ip6/2001:db8::1/tcp/4001/p2p/${ID}`,
    `/dns4/node.example/tcp/4001/p2p/${ID}`,
    `/onion3/${"a".repeat(56)}:4001/p2p/${ID}`,
    "/ip4/203.0.113.7/tcp/4001/p2p/QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
  ])("may be %s", (address) => {
    expect(p2pSettings.parse({ bootstrap: [address] }).bootstrap).toEqual([address]);
  });

  test.each([
    ["without a peer id", "/ip4/203.0.113.7/tcp/4001", "/p2p/"],
    ["with two", `/ip4/203.0.113.7/tcp/4001/p2p/${ID}/p2p/${ID}`, "no other /p2p/"],
    ["over QUIC", `/ip4/203.0.113.7/udp/4001/quic-v1/p2p/${ID}`, "TCP only"],
    ["over a relay", `/ip4/203.0.113.7/tcp/4001/p2p/${ID}/p2p-circuit/p2p/${ID}`, "TCP only"],
    ["over WebSocket", `/ip4/203.0.113.7/tcp/4001/ws/p2p/${ID}`, "TCP only"],
    ["that is a URL", "https://node.example", "/p2p/"],
  ])("%s is refused", (_what, address, why) => {
    const { error } = p2pSettings.safeParse({ bootstrap: [address] });
    expect(error?.issues.map(({ message }) => message).join()).toContain(why);
  });
});

test.each(["/dns4/node.example/tcp/4001", "/ip4/0.0.0.0/udp/4001", "0.0.0.0:4001"])(
  "%s is not listened on",
  (address) => {
    expect(p2pSettings.safeParse({ listenAddresses: [address] }).success).toBeFalse();
  },
);
