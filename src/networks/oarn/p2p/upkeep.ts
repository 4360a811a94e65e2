// What is looked at again and again: peers that misbehave, connections nobody uses, nodes to begin with that are missing.
import type { Connection, PeerId } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { Conduct } from "./conduct.ts";
import { misbehaving } from "./gossip.ts";
import type { OarnNode } from "./node.ts";
import type { P2pSettings } from "./settings.ts";
import { IDLE_MS } from "./wire.ts";

export interface UpkeepPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether names can be dialled. */
  readonly names: boolean;
}

const LOOK_MS = 1000;
const BOOTSTRAP_MS = 60_000;
/** They come and go by themselves on every connection. */
const PASSING = ["/ipfs/ping/", "/ipfs/id/"];

/** @returns what ends it */
export function keepUp(node: OarnNode, settings: P2pSettings, conduct: Conduct, ports: UpkeepPorts): () => void {
  const { clock, log, names } = ports;
  const { pubsub } = node.services;
  const usedAt = new WeakMap<Connection, number>();
  const bootstrap = settings.bootstrap.filter((address) => names || !/^\/(dns|onion)/.test(address));
  if (bootstrap.length < settings.bootstrap.length)
    log.warn(
      { left: settings.bootstrap.length - bootstrap.length },
      "bootstrap nodes with a name are left out: names are dialled through a proxy only",
    );
  let bootstrapAt = clock.monotonic();
  let cancel = clock.after(0, look);

  function look(): void {
    const now = clock.monotonic();
    const misbehaves = misbehaving(pubsub);
    for (const connection of node.getConnections()) {
      const peer = connection.remotePeer.toString();
      if (!conduct.banned(peer) && misbehaves(peer)) {
        log.warn({ peer }, "a peer misbehaves and is kept away for a while");
        conduct.ban(peer);
      }
      if (isUsed(connection) || !usedAt.has(connection)) usedAt.set(connection, now);
      if (conduct.banned(peer)) drop(connection);
      else if (now - (usedAt.get(connection) ?? now) >= IDLE_MS) drop(connection);
    }
    if (now >= bootstrapAt) {
      bootstrapAt = now + BOOTSTRAP_MS;
      for (const address of bootstrap) void dial(address);
    }
    cancel = clock.after(LOOK_MS, look);
  }

  async function dial(address: string): Promise<void> {
    const peer = address.replace(/.*\/p2p\//, "");
    if (node.getPeers().some((known) => known.toString() === peer)) return;
    try {
      await node.dial(multiaddr(address));
    } catch (error) {
      log.debug({ peer, reason: reasonOf(error) }, "a bootstrap node is not reached");
    }
  }

  function drop(connection: Connection): void {
    pubsub.direct.delete(connection.remotePeer.toString());
    connection.abort(new Error("not wanted"));
  }

  async function meet(peer: PeerId): Promise<void> {
    // Half of the places are for those that come by themselves.
    if (node.getConnections().length >= settings.maxPeers / 2) return;
    try {
      await node.dial(peer);
    } catch {
      // Whoever is found may be long gone: there are others.
    }
  }

  node.addEventListener("peer:discovery", ({ detail }) => void meet(detail.id));
  return () => cancel();
}

function isUsed({ streams }: Connection): boolean {
  return streams.some(({ protocol }) => !PASSING.some((passing) => protocol.startsWith(passing)));
}

/** The name of libp2p's error: its text may quote what strangers sent. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
