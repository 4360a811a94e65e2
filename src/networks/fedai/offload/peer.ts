// Passes a request on to another node, as it was signed, and looks at what comes back.
import type { FedaiNode } from "../fedai-node.ts";
import type { InferenceRequest } from "../payloads.ts";
import type { Message } from "../receive.ts";
import { Delegated, delegatedFrom } from "./delegated.ts";

export interface Peer {
  readonly endpoint: string;
  /** Hex; its answers must be signed by it. */
  readonly key: string | undefined;
}

/**
 * On work that was passed on already, with the name of who did: it is done here or refused, so that it never goes round.
 * Nodes that do not know the header stop a circle too: the nonce that they see again is used.
 */
export const OFFLOADED_BY = "x-fedai-offloaded-by";

/** Of an answer; a long one is text of a few hundred KB. */
export const MOST_ANSWER_BYTES = 16 * 2 ** 20;

/** Undefined when it did not do it. */
export async function askPeer(
  { ports, nodeId, settings }: FedaiNode,
  { endpoint, key }: Peer,
  { envelope, body }: Message<InferenceRequest>,
  signal: AbortSignal,
): Promise<Delegated | undefined> {
  try {
    const reply = await ports.fetch(`${endpoint}/infer`, {
      method: "POST",
      headers: { "content-type": "application/json", [OFFLOADED_BY]: nodeId },
      body: Uint8Array.from(body),
      timeoutMs: settings.offload.timeout,
      maxBytes: MOST_ANSWER_BYTES,
      signal,
    });
    const taken = reply.status >= 200 && reply.status <= 299;
    const answer = taken ? delegatedFrom(reply, envelope.payload.requestId, ports.schnorr, key) : String(reply.status);
    ports.metrics.call("offload-peer", answer instanceof Delegated ? "ok" : answer);
    return answer instanceof Delegated ? answer : undefined;
  } catch {
    ports.metrics.call("offload-peer", "unreachable");
    return undefined;
  }
}
