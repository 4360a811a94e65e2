// The result goes to IPFS, where the requester finds it, and only then its hash to the chain, one hash for ever.
import { formatEther } from "viem/utils";
import type { Verdict } from "../../jobs/job.ts";
import { back, end, next, wait } from "../../jobs/verdicts.ts";
import { OarnError } from "../errors.ts";
import { refusalOf } from "../registry/reasons.ts";
import type { OarnFacts, OarnJob } from "./facts.ts";
import { submitIntent } from "./intents.ts";
import { type StepPorts, standingOf, subjectOf } from "./ports.ts";

const WAIT_MS = 60_000;
/** The hash that this node gives for a task, whatever becomes of the job's record. */
const HASH = "result-hash";

export async function output({ facts }: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  const { result } = facts;
  if (!result) return back("run");
  if (result.cid !== undefined) return next(facts);
  if (result.bytes === undefined) return back("run");
  const bytes = Uint8Array.from(Buffer.from(result.bytes, "base64"));
  const name = `oarn-${facts.chainId}-${facts.registry}-${facts.task}`;
  const cid = await ports.ipfs.add(bytes, { name, signal });
  return next({ ...facts, result: { hash: result.hash, cid } });
}

export async function submit(job: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  const { facts } = job;
  const { result } = facts;
  if (result?.cid === undefined) return back("output");
  ports.state.add(HASH, job.id, result.hash);
  const given = ports.state.get(HASH, job.id)?.value;
  if (given !== result.hash) return end("failed", `another result, ${given}, was given for this task before`);
  const subject = subjectOf(facts, ports.world());
  const { chain, registry, id } = subject;
  const standing = () => chain.read((view) => standingOf(subject, view, chain.account));
  const before = await standing();
  if (before.submitted) return next(facts);
  if (before.task && before.task.deadline <= before.now)
    return end("lost", "the deadline passed before the result was delivered");
  // An RPC that is behind, or a block that was taken back: our claim comes again, and nothing is claimed twice.
  if (!before.claimed) throw new OarnError("oarn_result", 503, "this node's claim is not on the chain now");
  try {
    const intent = submitIntent(registry, id, facts.model, result.hash, facts.requiredNodes);
    // The claim is paid already, and nothing is taken from who leaves it: a submission has to pay for itself alone.
    const { cost } = await chain.estimate({ ...intent, spareGas: 0n });
    if (before.task && cost > before.task.rewardPerNode) {
      const why = `gas is waited for: ${formatEther(cost)} ETH for a reward of ${formatEther(before.task.rewardPerNode)}`;
      return wait(WAIT_MS, why, true);
    }
    const receipt = await chain.send(intent, signal);
    if (!(await standing()).submitted)
      throw new OarnError("oarn_result", 503, "the submission is no longer on the chain");
    return next({ ...facts, submitted: receipt.transaction });
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if ((await standing()).submitted) return next(facts);
    if (refusal.meaning === "wait") return wait(WAIT_MS, refusal.words, refusal.isPause);
    if (refusal.meaning === "lost") return end("lost", refusal.words);
    if (refusal.meaning === "never") return end("failed", refusal.words);
    throw error;
  }
}
