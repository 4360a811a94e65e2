// A job as the ICL hands it out, held against what may be believed of it: everything in it is a stranger's word.
import { z } from "zod";
import { parseAddress } from "../../../core/address.ts";
import { NOBODY } from "../contracts/addresses.ts";
import { jobId } from "../job-id.ts";
import { handle } from "../lossless-json.ts";
import type { Facts } from "./facts.ts";

/** Whether a CID is one is for IPFS to say; this keeps it out of paths. */
const cid = z.string().regex(/^[A-Za-z0-9]{1,128}$/);

const assignment = z.object({
  jobId,
  role: z.string().default("leader"),
  /** An older ICL left it out, and meant this one. */
  modelId: z.string().min(1).max(200).default("qwen2.5-7b"),
  promptCid: cid,
  userAddress: z.string().max(100).nullish(),
  kpHighHandle: handle,
  kpLowHandle: handle,
});

export interface Assignment {
  readonly id: string;
  readonly facts: Facts;
}

/** Undefined: it is not as it should be. */
export function assignmentOf(entry: unknown): Assignment | undefined {
  const { data } = assignment.safeParse(entry);
  if (!data) return undefined;
  const { kpHighHandle: high, kpLowHandle: low } = data;
  const user = parseAddress(data.userAddress ?? "");
  return {
    id: data.jobId,
    facts: {
      role: data.role === "leader" ? "leader" : "verifier",
      model: data.modelId,
      promptCid: data.promptCid,
      user: user === undefined || user === NOBODY ? null : user,
      handles: high === undefined || low === undefined ? null : { high: String(high), low: String(low) },
      deadline: null,
      output: null,
      vote: null,
    },
  };
}
