// The network of nodes, as the session sees it: hints come in, announcements go out. Nothing of libp2p is loaded before it is on.
import type { Clock } from "../../../core/clock.ts";
import type { Log } from "../../../core/log.ts";
import type { SocksProxy } from "../../../lib/socks.ts";
import type { NetworkMetrics } from "../../../observe/metrics/network.ts";
import type { TaskAnnouncement } from "./announcement.ts";
import type { P2pSettings } from "./settings.ts";

/** What somebody says of a task. Nothing is known of it before the chain was asked. */
export interface TaskHint extends TaskAnnouncement {
  /** The peer that signed it. */
  readonly author: string;
}

export interface P2pPeer {
  readonly id: string;
  readonly address: string;
  /** Whether it says that it is one of OARN's. */
  readonly oarn: boolean;
  readonly score: number;
}

export interface P2pPorts {
  /** The network's folder in the node's home: the peer key lies there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<NetworkMetrics, "call">;
  readonly onHint: (hint: TaskHint) => void;
  /** All goes through it: nothing listens, nothing is resolved here, and the peer id is another one at each start. */
  readonly proxy?: SocksProxy | undefined;
}

export interface P2p {
  readonly peerId: string;
  /** Where it listens and says that it is reached, each with /p2p/ and the peer id. */
  addresses(): readonly string[];
  peers(): readonly P2pPeer[];
  /** @returns to how many peers it went */
  announce(task: TaskAnnouncement): Promise<number>;
  close(): Promise<void>;
}

/** Rejects when nothing can be listened on, or the key cannot be read. */
export async function openP2p(settings: P2pSettings, ports: P2pPorts): Promise<P2p> {
  const { startP2p } = await import("./start.ts");
  return startP2p(settings, ports);
}
