// What happens by and by: unused connections end, and nodes to begin with are dialled again.
import { afterEach, expect, test } from "bun:test";
import { multiaddr } from "@multiformats/multiaddr";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { barePeer, closeOarnPeers, oarnPeer, until } from "../../../../test/fakes/oarn-peers.ts";

afterEach(closeOarnPeers);

test("a connection on which nobody has a stream ends after two minutes, one with gossip stays", async () => {
  const clock = new FakeClock();
  const ours = await oarnPeer({ dht: false }, { clock });
  const address = multiaddr(ours.addresses()[0] ?? "");
  const idle = await barePeer();
  await idle.node.unhandle("/meshsub/1.1.0");
  await idle.node.dial(address);
  const used = await oarnPeer({ bootstrap: [address.toString()] });
  await until(
    "both are there",
    () => ours.peers().filter(({ oarn }) => oarn).length === 1 && ours.peers().length === 2,
  );
  await Bun.sleep(300);
  await clock.advance(119_000);
  expect(ours.peers()).toHaveLength(2);
  await clock.advance(3000);
  await until("one is left", () => ours.peers().length === 1);
  expect(ours.peers()[0]?.id).toBe(used.peerId);
});

test("a bootstrap node that was away is dialled again within a minute", async () => {
  const clock = new FakeClock();
  const before = await oarnPeer();
  const address = before.addresses()[0] ?? "";
  const ours = await oarnPeer({ bootstrap: [address] }, { clock });
  await clock.advance(1);
  await until("it is there", () => ours.peers().length === 1);
  await before.close();
  await until("it is gone", () => ours.peers().length === 0);
  const port = /tcp\/\d+/.exec(address)?.[0];
  await oarnPeer({ listenAddresses: [`/ip4/127.0.0.1/${port}`] }, { folder: before.folder });
  await clock.advance(61_000);
  await until("it is there again", () => ours.peers().length === 1);
});

test("a bootstrap node with a name is left out, and the operator told", async () => {
  const ours = await oarnPeer({
    bootstrap: ["/dns4/localhost/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"],
  });
  expect(ours.log.lines.find(({ level }) => level === "warn")).toMatchObject({
    fields: { left: 1 },
    message: "bootstrap nodes with a name are left out: names are dialled through a proxy only",
  });
});
