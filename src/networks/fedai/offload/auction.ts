// Asks all peers at once what they would take a request for, and gives it to the quickest.
import { seal, signerOf } from "../envelope.ts";
import type { FedaiNode } from "../fedai-node.ts";
import { jsonOf } from "../json.ts";
import { bidEnvelope, type InferenceRequest } from "../payloads.ts";
import type { Message } from "../receive.ts";
import { estimateTokens, utf8Length } from "../tokens.ts";
import type { Peer } from "./peer.ts";

interface Bid {
  readonly peer: Peer;
  readonly keyId: string;
  readonly etaMs: number;
  readonly priceMsat: number | undefined;
}

const LEAST_WINDOW_MS = 200;
const MOST_BYTES = 64 * 1024;

export function auctionWindow(node: FedaiNode): number {
  return Math.max(LEAST_WINDOW_MS, node.settings.offload.auctionWindow);
}

/** The peer with the best bid, told of it; undefined when there was none. */
export async function auctionWinner(
  node: FedaiNode,
  peers: readonly Peer[],
  { envelope }: Message<InferenceRequest>,
  signal: AbortSignal,
): Promise<Peer | undefined> {
  const { identity, clock } = node.ports;
  const windowMs = auctionWindow(node);
  const { requestId, jobType, prompt, maxTokens } = envelope.payload;
  const rfb = seal(identity, clock, {
    requestId,
    jobType,
    sizeEstimate: { tokens: estimateTokens(prompt) + maxTokens, bytes: utf8Length(prompt) },
    deadlineMs: clock.now() + windowMs,
    maxRuntimeMs: node.settings.limits.runtime,
  });
  const asked = await Promise.all(peers.map((peer) => askForBid(node, peer, JSON.stringify(rfb), requestId, signal)));
  const best = asked.filter((bid) => bid !== undefined).sort(better)[0];
  if (!best) return undefined;
  const award = seal(identity, clock, {
    requestId,
    winnerKeyId: best.keyId,
    acceptedPriceMsat: best.priceMsat,
    awardExpiryMs: clock.now() + windowMs,
  });
  // It is told, and nothing depends on what it says to it.
  await post(node, `${best.peer.endpoint}/offload/award`, JSON.stringify(award), signal).catch(() => {});
  return best.peer;
}

async function askForBid(node: FedaiNode, peer: Peer, rfb: string, requestId: string, signal: AbortSignal) {
  try {
    const reply = await post(node, `${peer.endpoint}/offload/rfb`, rfb, signal);
    if (reply.status < 200 || reply.status > 299) return undefined;
    const envelope = bidEnvelope.parse(jsonOf(reply.body));
    const signer = signerOf(envelope, node.ports.schnorr);
    const { payload, keyId } = envelope;
    const good = "pubkey" in signer && (peer.key === undefined || signer.pubkey === peer.key);
    if (!good || payload.requestId !== requestId || payload.bidExpiryMs < node.ports.clock.now()) return undefined;
    return { peer, keyId, etaMs: payload.etaMs, priceMsat: payload.priceMsat } satisfies Bid;
  } catch {
    return undefined;
  }
}

function post({ ports, ...node }: FedaiNode, url: string, body: string, signal: AbortSignal) {
  const headers = { "content-type": "application/json" };
  const timeoutMs = auctionWindow({ ports, ...node });
  return ports.fetch(url, { method: "POST", headers, body, timeoutMs, maxBytes: MOST_BYTES, signal });
}

function better(a: Bid, b: Bid): number {
  const [one, other] = [a.priceMsat ?? Number.POSITIVE_INFINITY, b.priceMsat ?? Number.POSITIVE_INFINITY];
  return a.etaMs - b.etaMs || (one === other ? 0 : one - other);
}
