// networks.oarn.p2p in config.yaml: each setting with its default and its help.
import { z } from "zod";
import { field, list } from "../../../config/field.ts";
import { flag, integer } from "../../../config/fields.ts";

const HOST = "/(ip4|ip6|dns|dns4|dns6)/[^/]+/tcp/\\d{1,5}";
const ONION = "/onion3/[a-z2-7]{56}:\\d{1,5}";
const PEER_ID = "/p2p/[1-9A-HJ-NP-Za-km-z]{46,60}";

const LISTEN = /^\/(ip4|ip6)\/[0-9a-fA-F.:]+\/tcp\/\d{1,5}$/;
const REACHED_AT = new RegExp(`^(${HOST}|${ONION})$`);
const PEER = new RegExp(`^(${HOST}|${ONION})${PEER_ID}$`);

const listenAddress = field<string>({
  schema: { title: "multiaddr", type: "string", examples: ["/ip4/0.0.0.0/tcp/4001"] },
  expected: 'an address to listen on, such as "/ip4/0.0.0.0/tcp/4001"',
  read: (text) => (LISTEN.test(text) ? text : undefined),
  write: (value) => value,
});

const publicAddress = field<string>({
  schema: { title: "multiaddr", type: "string", examples: ["/ip4/203.0.113.7/tcp/4001"] },
  expected: 'an address that others reach, such as "/ip4/203.0.113.7/tcp/4001"',
  read: (text) => (REACHED_AT.test(text) ? text : undefined),
  write: (value) => value,
});

const peerAddress = field<string>({
  schema: {
    title: "multiaddr",
    type: "string",
    examples: ["/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"],
  },
  expected: "an address over TCP that ends in /p2p/ and the peer's id, with no other /p2p/ in it",
  read(text, refuse) {
    if (/\/(quic|quic-v1|ws|wss|webtransport|p2p-circuit)(\/|$)/.test(text))
      return refuse("OARN's nodes speak TCP only: no QUIC, WebSocket or relay");
    return PEER.test(text) ? text : undefined;
  },
  write: (value) => value,
});

export const p2pSettings = z
  .strictObject({
    enabled: flag
      .prefault(false)
      .describe("Hears announcements of tasks from other nodes. The chain stays what counts."),
    listenAddresses: list(listenAddress, "a list of addresses")
      .prefault(["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"])
      .describe("Where to listen; empty: nowhere. With a proxy nothing listens, whatever stands here."),
    announceAddresses: list(publicAddress, "a list of addresses")
      .prefault([])
      .describe("Where others reach this node, behind NAT. A public one makes it answer routing queries."),
    bootstrap: list(peerAddress, "a list of addresses")
      .prefault([])
      .describe("Nodes to begin with. Names (/dns…, /onion3) are dialled through a proxy only."),
    maxPeers: integer(1, 1000).prefault(50).describe("Connections at the same time."),
    maxPeersPerIp: integer(1, 1000).prefault(5).describe("Connections at the same time from one IP address."),
    mdns: flag.prefault(false).describe("Finds nodes in the local network, and is found there."),
    dht: flag.prefault(true).describe("Finds nodes through others that speak /oarn/kad/1.0.0."),
    ipfsDht: flag
      .prefault(false)
      .describe(
        "Speaks /ipfs/kad/1.0.0 too, as reference nodes do; with IPFS bootstrap nodes it joins the public one.",
      ),
  })
  .prefault({})
  .describe("The network of nodes.");

export type P2pSettings = z.output<typeof p2pSettings>;
