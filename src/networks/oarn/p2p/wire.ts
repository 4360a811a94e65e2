// OARN's peer-to-peer layer in names and numbers, as its reference nodes use them.

export const TASKS_TOPIC = "oarn/tasks/v1";
export const NETWORK_TOPIC = "oarn/network/v1";
export const TOPICS: readonly string[] = [TASKS_TOPIC, NETWORK_TOPIC];

/** What identify says of an OARN node, and what it is recognised by. */
export const PROTOCOL_VERSION = "/oarn/id/1.0.0";
/** The network's own routing. Reference nodes speak the other one, which is the public IPFS network's. */
export const KAD_PROTOCOL = "/oarn/kad/1.0.0";
export const IPFS_KAD_PROTOCOL = "/ipfs/kad/1.0.0";

export const HEARTBEAT_MS = 10_000;
/** One gossipsub frame, whatever is in it. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
export const DUPLICATES_MS = 60_000;
/** A connection on which nobody has a stream. */
export const IDLE_MS = 120_000;
