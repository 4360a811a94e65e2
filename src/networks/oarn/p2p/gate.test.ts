// Where strangers can make this node connect to, and how many come from one address.
import { describe, expect, test } from "bun:test";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { Conduct } from "./conduct.ts";
import { Gate } from "./gate.ts";

const PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

function open({ names = false, bootstrap = [`/ip4/10.0.0.7/tcp/4001/p2p/${PEER}`] } = {}) {
  const clock = new FakeClock();
  const conduct = new Conduct(clock);
  return { clock, conduct, gate: new Gate({ maxPeersPerIp: 2, bootstrap, names }, conduct, clock) };
}

describe("a stranger's address", () => {
  test.each([
    ["/ip4/8.8.8.8/tcp/4001", false],
    [`/ip4/8.8.8.8/tcp/4001/p2p/${PEER}`, false],
    ["/ip6/2606:4700::1/tcp/4001", false],
    ["/ip4/127.0.0.1/tcp/22", true],
    ["/ip4/10.0.0.8/tcp/4001", true],
    ["/ip4/10.0.0.7/tcp/4002", true],
    ["/ip4/169.254.169.254/tcp/80", true],
    ["/ip6/::1/tcp/4001", true],
    ["/ip6/::ffff:127.0.0.1/tcp/22", true],
    ["/ip6zone/eth0/ip6/fe80::1/tcp/4001", true],
    ["/dns4/localhost/tcp/22", true],
    ["/dnsaddr/bootstrap.example", true],
    [`/onion3/${"a".repeat(56)}:4001`, true],
  ])("%s: refused is %p", (address, refused) => {
    expect(open().gate.denyDialMultiaddr(multiaddr(address))).toBe(refused);
  });

  test("is dialled wherever it is when the operator has named it, but a name only through a proxy", () => {
    const named = multiaddr(`/ip4/10.0.0.7/tcp/4001/p2p/${PEER}`);
    expect(open().gate.denyDialMultiaddr(named)).toBeFalse();
    const bootstrap = [`/dns4/node.example/tcp/4001/p2p/${PEER}`];
    const name = multiaddr("/dns4/node.example/tcp/4001");
    expect(open({ bootstrap }).gate.denyDialMultiaddr(name)).toBeTrue();
    expect(open({ bootstrap, names: true }).gate.denyDialMultiaddr(name)).toBeFalse();
  });

  test("is never this machine, when it was found in the local network", () => {
    const { gate } = open();
    const found = ["/ip4/192.168.1.9/tcp/4001", "/ip4/127.0.0.1/tcp/22", "/ip4/169.254.169.254/tcp/80"].map(
      multiaddrOf,
    );
    gate.found(found);
    expect(found.map((address) => gate.denyDialMultiaddr(address))).toEqual([false, true, true]);
  });
});

test("a banned peer is neither dialled nor let in", async () => {
  const { gate, conduct } = open();
  const peer = peerIdFromPrivateKey(await generateKeyPair("Ed25519"));
  expect(gate.denyDialPeer(peer) || gate.denyInboundEncryptedConnection(peer)).toBeFalse();
  conduct.ban(peer.toString());
  expect(gate.denyDialPeer(peer) && gate.denyInboundEncryptedConnection(peer)).toBeTrue();
});

function multiaddrOf(text: string) {
  return multiaddr(text);
}
