// Chains for whoever only looks, for a while: without an account, and nothing of them is left when they are closed.
import { Rpc } from "../chain/rpc.ts";
import type { ChainMetrics } from "../core/chain.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { createFetch } from "../lib/fetch.ts";
import type { ChainReaders } from "../networks/ports.ts";

/** What is scraped by nobody, or asked now and then. */
export const UNCOUNTED: ChainMetrics = { rpc() {}, transaction() {} };

export function openReaders(network: string, ports: { readonly clock: Clock; readonly log: Log }): ChainReaders {
  const hint = `Check networks.${network} in config.yaml.`;
  const opened: Rpc[] = [];
  return {
    of({ rpcUrls, chainId, fetch = createFetch(ports.clock) }) {
      const rpc = new Rpc({ urls: rpcUrls, chainId, hint }, { ...ports, fetch, metrics: UNCOUNTED });
      opened.push(rpc);
      return { chainId, read: (work) => rpc.read(work) };
    },
    close() {
      for (const rpc of opened) rpc.close();
    },
  };
}
