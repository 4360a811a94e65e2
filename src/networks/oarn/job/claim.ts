// Takes the task, once: what the chain says of our claim counts, not what we remember.
import type { Verdict } from "../../jobs/job.ts";
import { end, next, wait } from "../../jobs/verdicts.ts";
import { refusalOf } from "../registry/reasons.ts";
import type { OarnFacts, OarnJob } from "./facts.ts";
import { claimIntent } from "./intents.ts";
import { type StepPorts, standingOf, subjectOf } from "./ports.ts";
import { lossOf } from "./price.ts";

const WAIT_MS = 60_000;

export async function claim({ facts }: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  const subject = subjectOf(facts, ports.world());
  const { chain, registry, id } = subject;
  const standing = () => chain.read((view) => standingOf(subject, view, chain.account));
  const before = await standing();
  if (before.claimed) return next(facts);
  // Not after a wait: the reasons not to claim are looked at as long as nothing is claimed.
  const against = before.task
    ? ports.against(registry, before.task, before.now, false)
    : "the registry has no such task";
  if (against !== undefined) return end("declined", against);
  try {
    // It may have waited for its place, or for the registry: gas is another one by now.
    const loss =
      before.task && lossOf(before.task, await ports.cost(registry, id, before.task.requiredNodes), ports.minReward);
    if (loss !== undefined) return end("declined", loss);
    const receipt = await chain.send(claimIntent(registry, id, facts.model), signal);
    // A receipt of a chain that was set back afterwards is none.
    if (!(await standing()).claimed) return wait(WAIT_MS);
    return next({ ...facts, claimed: receipt.transaction });
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    if ((await standing()).claimed) return next(facts);
    if (refusal.meaning === "wait") return wait(WAIT_MS, refusal.words, refusal.isPause);
    if (refusal.meaning === "lost") return end("lost", refusal.words);
    if (refusal.meaning === "never") return end("failed", refusal.words);
    throw error;
  }
}
