// What came of it, as the chain tells: paid is what was distributed to us, and nothing else.
import { formatEther } from "viem/utils";
import type { Verdict } from "../../jobs/job.ts";
import { back, end, wait } from "../../jobs/verdicts.ts";
import { isOpen, type Task } from "../registry/task.ts";
import type { OarnFacts, OarnJob } from "./facts.ts";
import { type Standing, type StepPorts, standingOf, subjectOf } from "./ports.ts";

/** The contract's owner decides disputes, when it likes: they are looked at less often. */
const DISPUTE_TIMES = 10;
const DAY_MS = 24 * 60 * 60 * 1000;
export const LONGEST_DISPUTE_MS = 60 * DAY_MS;
const LONGEST_DISPUTE_S = BigInt(LONGEST_DISPUTE_MS / 1000);
/** An RPC may know a block's state before its logs, or ask others for them that are behind. */
const LATE_LOGS_MS = 10 * 60 * 1000;
/** Since when a task looks as if nothing would come of it. */
const UNPAID = "unpaid-since";

/** A look at what was delivered long ago is worth less; of many such jobs each costs an RPC several questions. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

export async function settle({ id: job, facts, since }: OarnJob, ports: StepPorts): Promise<Verdict<OarnFacts>> {
  const subject = subjectOf(facts, ports.world());
  const { chain, registry, id } = subject;
  const seen = await chain.read(async (view) => {
    const standing = await standingOf(subject, view, chain.account);
    // No event is looked for before there can be one.
    if (standing.task?.state !== "completed") return { ...standing, payment: undefined, matched: undefined };
    const matched = await registry.matched(view, id, chain.account);
    const look = () => registry.payment(view, id, chain.account, BigInt(facts.fromBlock));
    return { ...standing, matched, payment: matched === false ? undefined : await look() };
  });
  const age = ports.clock.now() - since;
  const later = Math.max(ports.settleMs, Math.min(age / 50, LONGEST_WAIT_MS));
  // No owner has to decide anything, and a registry may lose a task: such jobs would be looked after for ever.
  const late =
    age > ports.patienceMs
      ? end<OarnFacts>("unpaid", `nothing came of it in ${Math.floor(age / DAY_MS)} days`)
      : undefined;
  if (!seen.task) return late ?? wait(later);
  // The chain was set back behind our submission.
  if (!seen.submitted && isOpen(seen.task.state) && seen.task.deadline > seen.now) return back("submit");
  if (seen.payment) {
    ports.state.remove(UNPAID, job);
    const { amount, transaction } = seen.payment;
    await ports.earnings.add({
      at: ports.clock.now(),
      network: "oarn",
      job,
      model: facts.model,
      kind: "reward",
      asset: "ETH",
      amount,
      transaction,
    });
    return end("settled", `paid ${formatEther(amount)} ETH`);
  }
  const over = endOf(seen.task, seen, seen.matched);
  if (over !== undefined && !isSure(job, seen, ports)) return wait(ports.settleMs);
  ports.state.remove(UNPAID, job);
  if (over !== undefined) return end("unpaid", over);
  if (late) return late;
  return wait(seen.task.state === "disputed" ? Math.max(later, ports.settleMs * DISPUTE_TIMES) : later);
}

interface Look extends Standing {
  readonly matched: boolean | undefined;
}

/** It is the end of the job, and the newest block may yet be another: one look at it is not enough. */
function isSure(job: string, { task, submitted, matched }: Look, { state, clock }: StepPorts): boolean {
  if (state.add(UNPAID, job, "")) return false;
  const mayBePaid = task?.state === "completed" && submitted && matched !== false;
  const since = state.get(UNPAID, job)?.at ?? clock.now();
  return !mayBePaid || clock.now() - since >= LATE_LOGS_MS;
}

/** Why nothing will come any more; undefined: something may. */
function endOf(task: Task, { now }: Standing, matched: boolean | undefined): string | undefined {
  if (task.state === "completed")
    return matched === false
      ? "the nodes agreed on another result"
      : "it is completed, and no payment to this node was made";
  if (task.state === "cancelled") return "it was cancelled, and its reward went back to the requester";
  if (task.state === "expired") return "it expired; the contract pays nobody then";
  if (task.state === "disputed")
    return now > task.deadline + LONGEST_DISPUTE_S ? "its dispute was never decided" : undefined;
  if (isOpen(task.state) && task.deadline <= now)
    return `its deadline passed with ${task.submitted} of ${task.requiredNodes} results; the contract pays nobody then`;
  return undefined;
}
