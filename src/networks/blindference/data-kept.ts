// What Blindference keeps of its jobs: nothing that whoever finds the disk could read.
import type { DataClass } from "../../core/data-class.ts";
import { jobData } from "../jobs/data-kept.ts";

const HOME = "who can read the home";

export const dataKept: readonly DataClass[] = [
  jobData("blindference", "where the encrypted prompt lies, the user's address, commitment and vote", "a day"),
  {
    id: "blindference.content",
    what: "encrypted prompts and answers, as IPFS has them; their keys are never on the disk",
    places: [{ file: "ipfs/blindference/*" }],
    kept: "the least recently used go beyond the cache's size",
    why: "content is fetched once",
    seenBy: `${HOME}, encrypted; it is on IPFS too`,
    off: "networks.blindference.ipfs.cache: 1B",
    shownBy: ["src/networks/blindference/canary.test.ts"],
  },
  {
    id: "blindference.standing",
    what: "jobs claimed in the last 15 minutes, the attestation's certificate, when the chain last heard of this node",
    places: [{ state: "claim" }, { state: "certificate" }, { state: "chain-heartbeat" }],
    kept: "15 minutes; the others until the next one",
    why: "claims that are not kept cost the stake",
    seenBy: HOME,
  },
  {
    id: "blindference.worked",
    what: "the ids of jobs that this node answered or voted on",
    places: [{ state: "worked" }],
    kept: "60 days",
    why: "the payment service is believed of these jobs, and of no others",
    seenBy: HOME,
  },
];
