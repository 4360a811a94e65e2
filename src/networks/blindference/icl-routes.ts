// Every route of the ICL that a node asks, by name, with the form of its answer.
import { z } from "zod";
import type { Quote } from "./attestation-backends.ts";
import type { Icl } from "./icl.ts";
import { handle } from "./lossless-json.ts";

type Signal = AbortSignal | undefined;

const challenge = z.object({ challengeId: z.string().min(1).max(200), nonce: z.string().max(1000).nullish() });

const attested = z.object({
  certHash: z.string().min(1).max(200),
  /** Unix seconds. */
  expiry: z.int().nonnegative(),
  tier: z.int().min(0).max(2).default(0),
});
export type Attested = z.output<typeof attested>;

/**
 * An entry is looked at when it is taken: one that is odd must not hide the others. Nor must many: what nobody finishes is
 * listed for ever, and of a list of thousands the latest are still of use.
 */
const MOST_ASSIGNMENTS = 1000;
const assignments = z.object({ assignments: z.array(z.unknown()).transform((all) => all.slice(-MOST_ASSIGNMENTS)) });

const claimed = z.object({
  kpHighHandle: handle,
  kpLowHandle: handle,
  /** Unix seconds; an older ICL gives less time than the five minutes of a newer one. */
  claimDeadline: z.number().nullish(),
});
export type Claimed = z.output<typeof claimed>;

const anything = z.looseObject({});

/** Two spellings of nothing. */
const optionalText = (longest: number) =>
  z
    .string()
    .max(longest)
    .nullish()
    .transform((text) => (text === undefined || text === null || text === "" || text === "None" ? undefined : text));

const jobStatus = z.object({
  status: z.string().max(40),
  outputCid: optionalText(200),
  leaderCommitment: optionalText(200),
});
export type JobStatus = z.output<typeof jobStatus>;

export const getChallenge = (icl: Icl, signal?: Signal) =>
  icl.get(`/internal/challenge/${icl.address}`, challenge, { signal });

export const verifyAttestation = (
  icl: Icl,
  attestation: Quote & { backendType: string; challengeId: string; supportedModelIds: readonly string[] },
  signal?: Signal,
): Promise<Attested> => {
  const { backendType, quote, runtimeHash, challengeId, supportedModelIds } = attestation;
  const models = supportedModelIds.length > 0 ? { supportedModelIds } : {};
  const body = { nodeAddress: icl.address, backendType, quote, runtimeHash, challengeId, ...models };
  return icl.post("/internal/attestation/verify", body, attested, { signal });
};

/** @param seconds unix time */
export const heartbeat = (icl: Icl, seconds: number, signal?: Signal) =>
  icl.post("/internal/heartbeat", { nodeAddress: icl.address, timestamp: String(seconds) }, anything, { signal });

export const getAssignments = async (icl: Icl, signal?: Signal): Promise<readonly unknown[]> =>
  (await icl.get(`/internal/assignments/${icl.address}`, assignments, { signal })).assignments;

/** Starts five minutes at the ICL, anew with each call. */
export const claimTask = (icl: Icl, job: string, signal?: Signal): Promise<Claimed> =>
  icl.post("/internal/task/claim", { jobId: job, nodeAddress: icl.address }, claimed, { signal, expects: JOB });

export interface LeaderResult {
  readonly output_cid: string;
  readonly commitment_hash: string;
  readonly encrypted_output_key_high?: string;
  readonly encrypted_output_key_low?: string;
  readonly encrypted_output_key_inputs?: object;
  readonly output_key_store_tx?: string;
}

/** The oldest ICL knows a job by job_id, the others by jobId; both are taken by all. */
export const submitResult = (icl: Icl, job: string, result: LeaderResult, signal?: Signal) =>
  icl.post("/internal/task/result", { jobId: job, job_id: job, ...result }, anything, { signal, expects: JOB });

export interface Vote {
  readonly commitment_hash: string;
  readonly verdict: "CONFIRM" | "REJECT";
  readonly confidence: 0 | 100;
}

export const submitVote = (icl: Icl, job: string, vote: Vote, signal?: Signal) => {
  const body = { jobId: job, job_id: job, verifier_address: icl.address, ...vote };
  return icl.post("/internal/task/verify", body, anything, { signal, expects: JOB });
};

export const getJobStatus = (icl: Icl, job: string, signal?: Signal): Promise<JobStatus> =>
  icl.get(`/internal/jobs/${encodeURIComponent(job)}/status`, jobStatus, { signal, expects: JOB });

/** There, 404 is about the job. */
const JOB: readonly number[] = [404];

const activeNodes = z.array(z.object({ operator_address: z.string() })).max(10_000);

/** Whether the ICL lists this node. */
export const isListed = async (icl: Icl, signal?: Signal): Promise<boolean> => {
  const nodes = await icl.get("/v1/nodes/active", activeNodes, { signal, expects: JOB });
  const own = icl.address.toLowerCase();
  return nodes.some((node) => node.operator_address.toLowerCase() === own);
};
