// What OARN keeps of its tasks, models and peers.
import type { DataClass } from "../../core/data-class.ts";
import { jobData } from "../jobs/data-kept.ts";

const HOME = "who can read the home";
const PUBLIC = "it is public on the chain and on IPFS";

export const dataKept: readonly DataClass[] = [
  jobData("oarn", "addresses of model and input, and the result until it is uploaded", "90 days"),
  {
    id: "oarn.content",
    what: "models and inputs of tasks, as IPFS has them",
    places: [{ file: "oarn/content/*" }],
    kept: "the least recently used go beyond networks.oarn.storage.cacheSize",
    why: "a model is fetched once",
    seenBy: `${HOME}; ${PUBLIC}`,
    off: "networks.oarn.storage.cacheSize: 1B",
  },
  {
    id: "oarn.tasks",
    what: "hashes of results that were submitted, tasks claimed by hand or made here, their CIDs, and which seem unpaid since when",
    places: [
      { state: "result-hash" },
      { state: "claimed-by-hand" },
      { state: "to-announce" },
      { state: "cid" },
      { state: "unpaid-since" },
    ],
    kept: "hashes and CIDs as long as the home; the others until they are dealt with",
    why: "a submitted hash cannot be changed; what a command began the node ends",
    seenBy: `${HOME}; ${PUBLIC}`,
  },
  {
    id: "oarn.peers",
    what: "addresses and records of other nodes",
    places: [{ elsewhere: "memory" }],
    kept: "until the node ends",
    why: "the network of nodes",
    seenBy: "nobody else; other nodes know the same",
  },
  {
    id: "oarn.peer-key",
    what: "the key of this node's peer id",
    places: [{ file: "oarn/peer.key" }],
    kept: "until you remove it",
    why: "other nodes know this one by it; behind a proxy there is another one at each start",
    seenBy: HOME,
    secret: true,
  },
];
