// The network of nodes beside the session: announcements become hints, and what is found of nodes to begin with is dialled.

import type { StatusLine } from "../../core/network.ts";
import { untilAborted } from "../../lib/abort.ts";
import { clean } from "../../lib/clean.ts";
import type { SocksProxy } from "../../lib/socks.ts";
import type { ChainPorts } from "../ports.ts";
import type { TaskAnnouncement } from "./p2p/announcement.ts";
import { openP2p, type P2p } from "./p2p/p2p.ts";
import { type P2pSettings, p2pSettings } from "./p2p/settings.ts";
import type { Hints } from "./tasks/hints.ts";

export interface PeersOptions {
  readonly settings: P2pSettings;
  readonly ports: Pick<ChainPorts, "clock" | "log" | "metrics">;
  /** Where the peer key lies. */
  readonly folder: string;
  readonly proxy: SocksProxy | undefined;
}

const SHOWN_PEERS = 20;

export class Peers {
  readonly #options: PeersOptions;
  #p2p: P2p | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** @param found multiaddrs that discovery has met; those that cannot be dialled are left out */
  async run(found: readonly string[], hints: Hints, signal: AbortSignal): Promise<void> {
    const { settings, ports, folder, proxy } = this.#options;
    const usable = found.filter((address) => p2pSettings.safeParse({ bootstrap: [address] }).success);
    const bootstrap = [...new Set([...settings.bootstrap, ...usable])];
    const { clock, log, metrics } = ports;
    const onHint = (hint: TaskAnnouncement) => hints.heard(hint);
    const p2p = await openP2p({ ...settings, bootstrap }, { folder, clock, log, metrics, onHint, proxy });
    this.#p2p = p2p;
    try {
      await untilAborted(new Promise<never>(() => {}), signal).catch(() => undefined);
    } finally {
      this.#p2p = undefined;
      await p2p.close();
    }
  }

  /** @returns to how many peers it went; 0 also while the network is not joined */
  async announce(task: TaskAnnouncement): Promise<number> {
    return (await this.#p2p?.announce(task)) ?? 0;
  }

  lines(): readonly StatusLine[] {
    const p2p = this.#p2p;
    if (!p2p) return [{ name: "peers", value: "not joined" }];
    const peers = p2p.peers();
    return [
      { name: "peer id", value: p2p.peerId },
      { name: "peers", value: `${peers.length}, ${peers.filter(({ oarn }) => oarn).length} of OARN` },
      ...peers.slice(0, SHOWN_PEERS).map(({ id, address, oarn }) => ({
        name: "peer",
        value: `${id} ${clean(address)}${oarn ? " (OARN)" : ""}`,
      })),
    ];
  }
}
