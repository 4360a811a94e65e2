// Work that this node cannot do, done elsewhere: the auction's winner, the peers, the router; off unless the settings say so.
import type { HttpCall } from "../../../core/network.ts";
import type { FedaiNode } from "../fedai-node.ts";
import type { InferenceRequest } from "../payloads.ts";
import type { Message } from "../receive.ts";
import { auctionWinner } from "./auction.ts";
import type { Delegated } from "./delegated.ts";
import { askPeer, OFFLOADED_BY, type Peer } from "./peer.ts";
import { askRouter } from "./router.ts";

/** Undefined when nobody took it; what a router refuses with is thrown. @throws FedaiError */
export type Offload = (
  message: Message<InferenceRequest>,
  call: Pick<HttpCall, "headers" | "signal">,
) => Promise<Delegated | undefined>;

export function createOffload(node: FedaiNode): Offload {
  const { offload, routers } = node.settings;
  const peers = offload.peers.map(({ endpoint, key }): Peer => ({ endpoint: trimmed(endpoint), key })).filter(notUs);
  const router = offload.router ? routers[0] : undefined;

  function notUs({ endpoint }: Peer): boolean {
    const own = node.settings.endpoint;
    return own === undefined || endpoint !== trimmed(own);
  }

  return async (message, { headers, signal }) => {
    if (headers.has(OFFLOADED_BY)) return undefined;
    const winner = offload.auction && peers.length > 0 ? await auctionWinner(node, peers, message, signal) : undefined;
    for (const peer of winner ? [winner, ...peers.filter((other) => other !== winner)] : peers) {
      if (signal.aborted) return undefined;
      const delegated = await askPeer(node, peer, message, signal);
      if (delegated) return delegated;
    }
    return router && !signal.aborted ? askRouter(node, trimmed(router.endpoint), message, signal) : undefined;
  };
}

/** Others add a path to it, and take two slashes for another one. */
export function trimmed(endpoint: string): string {
  return endpoint.replace(/\/+$/, "");
}
