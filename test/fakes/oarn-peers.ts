// Nodes of OARN's network on loopback: ours as the product opens them, and bare ones that may say anything.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RPC } from "@libp2p/gossipsub/message";
import { identify, identifyPush } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { systemClock } from "../../src/core/clock.ts";
import { oarnIdentify } from "../../src/networks/oarn/p2p/identity.ts";
import { NOISE } from "../../src/networks/oarn/p2p/node.ts";
import { openP2p, type P2p, type P2pPorts, type TaskHint } from "../../src/networks/oarn/p2p/p2p.ts";
import { type P2pSettings, p2pSettings } from "../../src/networks/oarn/p2p/settings.ts";
import { FakeLog } from "./log.ts";

export interface OarnPeer extends P2p {
  readonly hints: readonly TaskHint[];
  /** "hint ok", as often as it was counted. */
  readonly calls: readonly string[];
  readonly log: FakeLog;
  readonly folder: string;
}

const GOSSIP = "/meshsub/1.1.0";
const closing: (() => Promise<unknown>)[] = [];
const folders: string[] = [];

/** For afterEach. */
export async function closeOarnPeers(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

export async function oarnPeer(settings: Partial<P2pSettings> = {}, ports: Partial<P2pPorts> = {}): Promise<OarnPeer> {
  const folder = ports.folder ?? mkdtempSync(join(tmpdir(), "oarn-"));
  if (ports.folder === undefined) folders.push(folder);
  const hints: TaskHint[] = [];
  const calls: string[] = [];
  const log = new FakeLog();
  const metrics = { call: (name: string, result: string) => calls.push(`${name} ${result}`) };
  const all = { ...p2pSettings.parse({ listenAddresses: ["/ip4/127.0.0.1/tcp/0"], maxPeersPerIp: 50 }), ...settings };
  const p2p = await openP2p(all, {
    folder,
    clock: systemClock,
    log,
    metrics,
    onHint: (hint) => hints.push(hint),
    ...ports,
  });
  closing.push(() => p2p.close());
  return { ...p2p, hints, calls, log, folder };
}

/** Speaks what a peer speaks and says what it is told to, frame by frame. */
export interface BarePeer {
  readonly node: Libp2p;
  /** Connects, and opens the stream on which gossip is sent. */
  gossipTo(address: string): Promise<Stream>;
}

/** @param oarn whether it says that it is one of OARN's nodes, which anybody may say */
export async function barePeer(oarn = false): Promise<BarePeer> {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise({ crypto: NOISE })],
    streamMuxers: [yamux()],
    services: { identify: oarn ? oarnIdentify() : identify(), identifyPush: identifyPush(), ping: ping() },
  });
  closing.push(async () => node.stop());
  await node.handle(GOSSIP, () => undefined);
  return { node, gossipTo: (address) => node.dialProtocol(multiaddr(address), GOSSIP) };
}

/** A frame of gossip with these messages, and its length before it. */
export function frame(messages: readonly RPC.Message[]): Uint8Array {
  return withLength(RPC.encode({ subscriptions: [], messages: [...messages] }));
}

export function withLength(bytes: Uint8Array): Uint8Array {
  const prefix: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    prefix.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return Buffer.concat([Uint8Array.from(prefix), bytes]);
  }
}

export async function until(what: string, holds: () => boolean, ms = 15_000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await Bun.sleep(20);
  }
}
