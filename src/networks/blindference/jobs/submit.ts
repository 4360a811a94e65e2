// What the ICL gets: a leader's result, after the user was given the answer's key on chain; or a verifier's honest vote.
import type { Intent } from "../../../chain/chain.ts";
import { type Address, type Hex, parseAddress } from "../../../core/address.ts";
import type { Job, JobStep, Verdict } from "../../jobs/job.ts";
import { back, end, next } from "../../jobs/verdicts.ts";
import { CHAIN_ID } from "../contracts/addresses.ts";
import { storeKeyCall } from "../contracts/calls.ts";
import { carryOut } from "../deeds.ts";
import { BlindferenceError, IclError } from "../errors.ts";
import { getJobStatus, submitResult, submitVote } from "../icl-routes.ts";
import { outputKeyId } from "../job-id.ts";
import type { Facts } from "./facts.ts";
import type { JobPorts } from "./ports.ts";
import { noteWorked } from "./worked.ts";

export function submitStep(ports: JobPorts): JobStep<Facts> {
  return {
    name: "submit",
    holdsPlace: true,
    limitMs: 120_000,
    // Some eight minutes: the work is done, and only a result that arrives ends a claim well.
    tries: 10,
    retryMs: 1000,
    async run(job, signal) {
      try {
        return await (job.facts.role === "leader" ? deliver(ports, job, signal) : vote(ports, job, signal));
      } catch (error) {
        if (!(error instanceof IclError) || error.code !== "icl_refused") throw error;
        return end("failed", error.message);
      }
    },
  };
}

async function deliver(ports: JobPorts, job: Job<Facts>, signal: AbortSignal): Promise<Verdict<Facts>> {
  const { id, facts } = job;
  const { icl, claims, state } = ports;
  const { output } = facts;
  if (!output) return back("input");
  const transaction = await giveKey(ports, job, output, signal);
  // An answer of the ICL that was lost, in this run or the one before.
  const { outputCid } = await getJobStatus(icl, id, signal);
  if (outputCid === undefined) {
    const { high, low } = output.key;
    const result = {
      output_cid: output.cid,
      commitment_hash: output.commitment,
      encrypted_output_key_high: high.ctHash,
      encrypted_output_key_low: low.ctHash,
      encrypted_output_key_inputs: { high, low },
      ...(transaction !== undefined && { output_key_store_tx: transaction }),
    };
    await submitResult(icl, id, result, signal);
  } else if (outputCid !== output.cid) {
    return end("lost", "another answer is there");
  }
  claims.delivered(id);
  noteWorked(state, id, facts.model);
  return next(facts);
}

/** Undefined: CoFHE's form gives no proof, without which the contract takes nothing. */
async function giveKey(
  { cofhe, chain, promptKeyStore, leading, state }: JobPorts,
  { id, facts }: Job<Facts>,
  { key }: NonNullable<Facts["output"]>,
  signal: AbortSignal,
): Promise<Hex | undefined> {
  if (!cofhe?.provable) return undefined;
  const user = parseAddress(facts.user ?? "");
  if (!chain || !promptKeyStore || !user) {
    throw new BlindferenceError("blindference_job", "there is no chain to give the answer's key on");
  }
  const intent = storing(promptKeyStore, { id, model: facts.model, user, key });
  const { transaction } = await carryOut({ chain, state }, intent, signal);
  leading.stored((await chain.estimate(intent)).gas);
  return transaction;
}

interface GivenKey {
  readonly id: string;
  readonly model: string;
  /** The only one who may decrypt it. */
  readonly user: Address;
  readonly key: NonNullable<Facts["output"]>["key"];
}

function storing(store: Address, { id, model, user, key }: GivenKey): Intent {
  const halves = {
    high: { ...key.high, ctHash: BigInt(key.high.ctHash) },
    low: { ...key.low, ctHash: BigInt(key.low.ctHash) },
  };
  return {
    key: `blindference/${CHAIN_ID}/${store}/${id}/output-key`,
    network: "blindference",
    job: id,
    model,
    ...storeKeyCall(store, outputKeyId(id), halves, [user]),
  };
}

async function vote({ icl, state }: JobPorts, { id, facts }: Job<Facts>, signal: AbortSignal): Promise<Verdict<Facts>> {
  if (!facts.vote) return back("input");
  const { commitment, verdict } = facts.vote;
  const confidence = verdict === "CONFIRM" ? 100 : 0;
  await submitVote(icl, id, { commitment_hash: commitment, verdict, confidence }, signal);
  noteWorked(state, id, facts.model);
  return next(facts);
}
