// The libp2p node: TCP, noise, yamux and the protocols of OARN, with an end to everything that strangers can make more of.
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { GossipSubComponents } from "@libp2p/gossipsub";
import type { ComponentLogger, Libp2p, Logger } from "@libp2p/interface";
import { kadDHT } from "@libp2p/kad-dht";
import { type MulticastDNSComponents, mdns } from "@libp2p/mdns";
import { noise } from "@libp2p/noise";
import { asCrypto, defaultCrypto } from "@libp2p/noise/crypto";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { BoundedDatastore } from "./bounded-datastore.ts";
import { byteLimit } from "./byte-limit.ts";
import type { Conduct } from "./conduct.ts";
import type { Gate } from "./gate.ts";
import type { Gossip } from "./gossip.ts";
import { oarnIdentify, oarnIdentifyPush } from "./identity.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { P2pPorts } from "./p2p.ts";
import { loadPeerKey } from "./peer-key.ts";
import type { P2pSettings } from "./settings.ts";
import { socksTransport } from "./socks-transport.ts";
import { IDLE_MS, IPFS_KAD_PROTOCOL, KAD_PROTOCOL } from "./wire.ts";

export type OarnNode = Libp2p<{ readonly pubsub: Gossip }>;

/** From 1200 bytes on, the default takes Node's ChaCha20-Poly1305, which Bun has not: all goes through WebAssembly, as in Electron. */
export const NOISE = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt: asCrypto.chaCha20Poly1305Encrypt,
  chaCha20Poly1305Decrypt: asCrypto.chaCha20Poly1305Decrypt,
};

/** As often as reference nodes. */
const QUERY_MS = 60_000;
const STREAM_WINDOW = 256 * 1024;

export interface NodeParts {
  readonly gate: Gate;
  readonly conduct: Conduct;
  readonly pubsub: (components: GossipSubComponents) => Gossip;
}

/** It is not started. */
export async function createNode(
  settings: P2pSettings,
  { folder, proxy }: P2pPorts,
  { gate, conduct, pubsub }: NodeParts,
): Promise<OarnNode> {
  // A peer id that was seen without the proxy would tell who is behind it.
  const privateKey = proxy ? await generateKeyPair("Ed25519") : await loadPeerKey(folder);
  return createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: "fxn", version: "0", userAgent: "fxn" },
    logger: SILENT,
    datastore: new BoundedDatastore(),
    addresses: proxy ? {} : { listen: [...settings.listenAddresses], appendAnnounce: [...settings.announceAddresses] },
    transports: [proxy ? socksTransport(proxy) : tcp(socketLimits(settings.maxPeers))],
    connectionEncrypters: [noise({ crypto: NOISE })],
    streamMuxers: [
      yamux({
        maxInboundStreams: 32,
        maxOutboundStreams: 32,
        maxEarlyStreams: 4,
        streamOptions: { initialStreamWindowSize: STREAM_WINDOW, maxStreamWindowSize: STREAM_WINDOW },
      }),
    ],
    connectionGater: gate,
    connectionManager: {
      maxConnections: settings.maxPeers,
      maxParallelDials: 8,
      maxDialQueueLength: 64,
      maxPeerAddrsToDial: 8,
      maxIncomingPendingConnections: 10,
      inboundConnectionThreshold: 5,
      // Tor takes its time for the first one.
      dialTimeout: proxy ? 60_000 : 15_000,
      addressDialTimeout: proxy ? 45_000 : 6000,
      // /dnsaddr would be resolved here, whatever the transport.
      resolvers: {},
    },
    connectionMonitor: { pingInterval: 30_000 },
    peerDiscovery: settings.mdns && !proxy ? [(components) => localNetwork(components, gate)] : [],
    services: {
      identify: oarnIdentify(),
      identifyPush: oarnIdentifyPush(),
      ping: ping({ maxInboundStreams: 2 }),
      pubsub,
      byteLimit: byteLimit(conduct),
      ownAddresses: ownAddresses(),
      ...(settings.dht ? { dht: kad(KAD_PROTOCOL, "oarn") } : {}),
      ...(settings.ipfsDht ? { ipfsDht: kad(IPFS_KAD_PROTOCOL, "ipfs") } : {}),
    },
  });
}

/** Answers queries once an address of this node is known to be public; private addresses are neither taken nor given. */
function kad(protocol: string, name: string) {
  return kadDHT({
    protocol,
    logPrefix: `libp2p:${name}`,
    datastorePrefix: `/${name}`,
    metricsPrefix: name,
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    routingTableUpdateMaxQueueSize: 256,
    alpha: 3,
    querySelfInterval: QUERY_MS,
  });
}

function socketLimits(maxPeers: number) {
  return {
    maxConnections: maxPeers + 10,
    backlog: 64,
    inboundSocketInactivityTimeout: IDLE_MS,
    outboundSocketInactivityTimeout: IDLE_MS,
  };
}

function localNetwork(components: MulticastDNSComponents, gate: Gate) {
  const discovery = mdns()(components);
  discovery.addEventListener("peer", ({ detail }) => gate.found(detail.multiaddrs));
  return discovery;
}

/** Its own words hold what strangers send, and go to standard error where $DEBUG says so. */
const SILENT: ComponentLogger = { forComponent: silentLogger };

function silentLogger(): Logger {
  const nothing = () => undefined;
  return Object.assign(nothing, { error: nothing, trace: nothing, enabled: false, newScope: silentLogger });
}
