// Asks the router to have a request done by another node.
import type { FetchReply } from "../../../lib/fetch.ts";
import { seal } from "../envelope.ts";
import { FedaiError } from "../errors.ts";
import type { FedaiNode } from "../fedai-node.ts";
import type { InferenceRequest } from "../payloads.ts";
import type { Message } from "../receive.ts";
import { Delegated, delegatedFrom } from "./delegated.ts";
import { MOST_ANSWER_BYTES } from "./peer.ts";

/** @throws FedaiError with what went wrong, in the wire's words */
export async function askRouter(
  { ports, nodeId, settings }: FedaiNode,
  endpoint: string,
  { envelope }: Message<InferenceRequest>,
  signal: AbortSignal,
): Promise<Delegated> {
  const { requestId } = envelope.payload;
  // As it came, unknown members included.
  const payload = { requestId, originNodeId: nodeId, request: envelope.received, avoidNodeIds: [nodeId] };
  let reply: FetchReply;
  try {
    reply = await ports.fetch(`${endpoint}/node/offload`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(seal(ports.identity, ports.clock, payload)),
      timeoutMs: settings.offload.timeout,
      maxBytes: MOST_ANSWER_BYTES,
      signal,
    });
  } catch {
    throw failed("router-offload-unreachable", 502);
  }
  if (reply.status < 200 || reply.status > 299) throw failed("router-offload-failed", reply.status);
  const answer = delegatedFrom(reply, requestId, ports.schnorr);
  if (answer instanceof Delegated) return answer;
  throw failed(answer, 502);
}

function failed(word: string, status: number): FedaiError {
  return new FedaiError(word, status >= 400 && status <= 599 ? status : 502, "the router did not have it done");
}
