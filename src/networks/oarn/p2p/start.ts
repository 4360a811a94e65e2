// Starts the node: key, transport, gossip, routing and upkeep put together.
import { type Message, type TopicValidatorFn, TopicValidatorResult } from "@libp2p/gossipsub";
import { parseAnnouncement, writeAnnouncement } from "./announcement.ts";
import { Conduct } from "./conduct.ts";
import { P2pError } from "./errors.ts";
import { Gate } from "./gate.ts";
import { gossip } from "./gossip.ts";
import { createNode, type OarnNode } from "./node.ts";
import type { P2p, P2pPeer, P2pPorts } from "./p2p.ts";
import type { P2pSettings } from "./settings.ts";
import { keepUp } from "./upkeep.ts";
import { PROTOCOL_VERSION, TASKS_TOPIC, TOPICS } from "./wire.ts";

export async function startP2p(settings: P2pSettings, ports: P2pPorts): Promise<P2p> {
  const { clock, log, metrics, proxy } = ports;
  const conduct = new Conduct(clock);
  const gate = new Gate({ ...settings, names: proxy !== undefined }, conduct, clock);
  const node = await createNode(settings, ports, { gate, conduct, pubsub: gossip(conduct, judge(ports)) });
  const { pubsub } = node.services;

  node.addEventListener("peer:identify", ({ detail }) => {
    const peer = detail.peerId.toString();
    // Reference nodes do the same with whom they identify: outside of the mesh, and sent everything.
    if (detail.protocolVersion === PROTOCOL_VERSION && !conduct.banned(peer)) pubsub.direct.add(peer);
  });
  node.addEventListener("peer:disconnect", ({ detail }) => pubsub.direct.delete(detail.toString()));
  await begin(node, settings);
  for (const topic of TOPICS) pubsub.subscribe(topic);
  const stop = keepUp(node, settings, conduct, { clock, log, names: proxy !== undefined });
  log.info({ peer: node.peerId.toString(), listens: node.getMultiaddrs().length }, "the network of nodes is joined");

  return {
    peerId: node.peerId.toString(),
    addresses: () => node.getMultiaddrs().map(String),
    peers: () => peersOf(node),
    async announce(task) {
      const { recipients } = await pubsub.publish(TASKS_TOPIC, writeAnnouncement(task));
      metrics.call("announce", recipients.length > 0 ? "ok" : "nobody");
      return recipients.length;
    },
    async close() {
      stop();
      await node.stop();
    },
  };
}

async function begin(node: OarnNode, { listenAddresses }: P2pSettings): Promise<void> {
  try {
    await node.start();
  } catch (error) {
    await node.stop();
    if (error instanceof P2pError) throw error;
    throw new P2pError(
      "p2p_not_started",
      `the network of nodes cannot be joined: listening on ${listenAddresses.join(", ")} failed`,
      "See what else uses the port, or set other listenAddresses.",
      error,
    );
  }
}

/** A message that is nonsense is passed on to nobody; who passed it to us is not blamed, since reference nodes pass on all that is signed. */
function judge({ metrics, onHint }: P2pPorts): TopicValidatorFn {
  return (_from, message: Message) => {
    if (message.type !== "signed") return TopicValidatorResult.Reject;
    if (message.topic !== TASKS_TOPIC) return TopicValidatorResult.Accept;
    const task = parseAnnouncement(message.data);
    metrics.call("hint", task ? "ok" : "malformed");
    if (!task) return TopicValidatorResult.Ignore;
    onHint({ ...task, author: message.from.toString() });
    return TopicValidatorResult.Accept;
  };
}

function peersOf(node: OarnNode): readonly P2pPeer[] {
  const { pubsub } = node.services;
  return node.getPeers().flatMap((peer) => {
    const id = peer.toString();
    const [connection] = node.getConnections(peer);
    if (!connection) return [];
    return [{ id, address: connection.remoteAddr.toString(), oarn: pubsub.direct.has(id), score: pubsub.getScore(id) }];
  });
}
