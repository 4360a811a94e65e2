// Gossipsub as OARN speaks it, with scores, and with the parts of it that its type does not show.
import { type GossipSub, type GossipSubComponents, gossipsub, type TopicValidatorFn } from "@libp2p/gossipsub";
import type { Conduct } from "./conduct.ts";
import { P2pError } from "./errors.ts";
import { DUPLICATES_MS, HEARTBEAT_MS, MAX_MESSAGE_BYTES, TOPICS } from "./wire.ts";

/** Below this a peer is neither heard nor kept. */
const LEAST_SCORE = -80;
/** Messages without a good signature: an honest peer has none of them, since it checks what it passes on. */
const MAX_INVALID = 3;

/**
 * Time in the mesh and first deliveries are worth little: they are had by being there. A message without a good
 * signature costs the square of how many there were. Late deliveries cost nothing, since tasks are rare.
 */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.5,
  firstMessageDeliveriesDecay: 0.99,
  firstMessageDeliveriesCap: 20,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.995,
};

export interface Gossip extends GossipSub {
  /** Peers that get and may send every message, outside of the mesh. */
  readonly direct: Set<string>;
  getScore(peer: string): number;
  acceptFrom(peer: string): boolean;
  dumpPeerScoreStats(): Readonly<Record<string, PeerStats | undefined>>;
}

interface PeerStats {
  readonly topics: Readonly<Record<string, { readonly invalidMessageDeliveries: number }>>;
}

/** Those that are not to be kept. A score is up to a heartbeat old, so what counts most is looked at beside it. */
export function misbehaving(service: Gossip): (peer: string) => boolean {
  const stats = service.dumpPeerScoreStats();
  return (peer) => {
    const topics = Object.values(stats[peer]?.topics ?? {});
    const invalid = topics.reduce((sum, { invalidMessageDeliveries }) => sum + invalidMessageDeliveries, 0);
    return invalid > MAX_INVALID || service.getScore(peer) < LEAST_SCORE;
  };
}

/** @param validate decides about each signed message before it is passed on */
export function gossip(conduct: Conduct, validate: TopicValidatorFn): (components: GossipSubComponents) => Gossip {
  return (components) => {
    const service = gossipsub({
      globalSignaturePolicy: "StrictSign",
      allowedTopics: [...TOPICS],
      heartbeatInterval: HEARTBEAT_MS,
      floodPublish: true,
      fallbackToFloodsub: false,
      allowPublishToZeroTopicPeers: true,
      seenTTL: DUPLICATES_MS,
      maxInboundDataLength: MAX_MESSAGE_BYTES,
      maxOutboundBufferSize: 16 * MAX_MESSAGE_BYTES,
      maxInboundStreams: 2,
      maxOutboundStreams: 2,
      // A peer's frames are read one after the other: what it sends meanwhile waits on its side.
      awaitRpcHandler: true,
      awaitRpcMessageHandler: true,
      decodeRpcLimits: {
        maxSubscriptions: 64,
        maxMessages: 64,
        maxIhaveMessageIDs: 1000,
        maxIwantMessageIDs: 1000,
        maxIdontwantMessageIDs: 512,
        maxControlMessages: 64,
        maxPeerInfos: 16,
      },
      scoreParams: {
        topics: Object.fromEntries(TOPICS.map((topic) => [topic, scoreOf()])),
        topicScoreCap: 20,
        // Reference nodes behind one NAT are not to blame for it; the gate counts addresses.
        IPColocationFactorWeight: 0,
        behaviourPenaltyWeight: -10,
        behaviourPenaltyThreshold: 6,
        behaviourPenaltyDecay: 0.99,
        decayInterval: 1000,
        retainScore: 10 * 60_000,
      },
      scoreThresholds: {
        gossipThreshold: -20,
        publishThreshold: -40,
        graylistThreshold: LEAST_SCORE,
        acceptPXThreshold: 1000,
        opportunisticGraftThreshold: 1,
      },
    })(components);
    if (!isGossip(service))
      throw new P2pError(
        "p2p_not_started",
        "this gossipsub has other parts than fxn knows",
        "Report it: fxn was built with another version.",
      );
    const accepts = service.acceptFrom.bind(service);
    // Gossipsub takes whatever a direct peer sends; any peer can make itself one by what it says of itself.
    service.acceptFrom = (peer) => conduct.allows(peer) && service.getScore(peer) >= LEAST_SCORE && accepts(peer);
    for (const topic of TOPICS) service.topicValidators.set(topic, validate);
    return service;
  };
}

function scoreOf() {
  return {
    ...TOPIC_SCORE,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 10,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 60_000,
    meshFailurePenaltyDecay: 0.5,
  };
}

function isGossip(service: GossipSub): service is Gossip {
  return (
    "direct" in service &&
    service.direct instanceof Set &&
    "getScore" in service &&
    typeof service.getScore === "function" &&
    "acceptFrom" in service &&
    typeof service.acceptFrom === "function" &&
    "dumpPeerScoreStats" in service &&
    typeof service.dumpPeerScoreStats === "function"
  );
}
