// Publishes the manifest: to routers by POST, and on Nostr relays as an event that replaces the one before.
import { AbstractRelay } from "nostr-tools/abstract-relay";
import { getEventHash, verifyEvent } from "nostr-tools/pure";
import { untilAborted } from "../../../lib/abort.ts";
import { OutboundWebSocket } from "../../../lib/websocket.ts";
import type { FedaiNode } from "../fedai-node.ts";
import { bytesOf } from "../keys.ts";
import { printable } from "../tokens.ts";
import type { SignedManifest } from "./manifest.ts";

/** NIP-78: data of an application; the newest with one "d" tag counts. */
const KIND = 30_078;
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024;

/** Undefined: it took it; else why not. */
export async function sendManifest(
  { ports }: FedaiNode,
  endpoint: string,
  manifest: SignedManifest,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { status } = await ports.fetch(`${endpoint}/manifest`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(manifest),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
      signal,
    });
    return status >= 200 && status <= 299 ? undefined : String(status);
  } catch (error) {
    return whyOf(error);
  }
}

export function manifestEvent({ ports, nodeId }: FedaiNode, manifest: SignedManifest) {
  const { identity, clock } = ports;
  const unsigned = {
    pubkey: identity.pubkey,
    created_at: Math.floor(clock.now() / 1000),
    kind: KIND,
    tags: [
      ["d", `fed-ai-manifest:${nodeId}`],
      ["t", "fed-ai"],
    ],
    content: JSON.stringify(manifest),
  };
  const id = getEventHash(unsigned);
  return { ...unsigned, id, sig: Buffer.from(identity.sign(bytesOf(id))).toString("hex") };
}

/** Undefined: the relay took it; else why not. */
export async function publishManifest(
  url: string,
  event: ReturnType<typeof manifestEvent>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const relay = new AbstractRelay(url, { verifyEvent, websocketImplementation: OutboundWebSocket });
  relay.publishTimeout = TIMEOUT_MS;
  try {
    await untilAborted(relay.connect({ timeout: TIMEOUT_MS, abort: signal }), signal);
    await untilAborted(relay.publish(event), signal);
    return undefined;
  } catch (error) {
    return whyOf(error);
  } finally {
    relay.close();
  }
}

function whyOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}
