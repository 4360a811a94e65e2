// Is it still wanted, is all that it needs here, and does it pay: the last look before anything is promised.
import type { Verdict } from "../../jobs/job.ts";
import { end, next, wait } from "../../jobs/verdicts.ts";
import { refusalOf } from "../registry/reasons.ts";
import { cannotAnswer, questionOf } from "./answer.ts";
import type { OarnFacts, OarnJob } from "./facts.ts";
import { type StepPorts, standingOf, subjectOf } from "./ports.ts";
import { lossOf } from "./price.ts";

const WAIT_MS = 60_000;

export async function match(job: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  const { facts } = job;
  const subject = subjectOf(facts, ports.world());
  const { chain, registry, id } = subject;
  const standing = await chain.read((view) => standingOf(subject, view, chain.account));
  if (!standing.task) return declined("the registry has no such task");
  // A claim of ours binds us; it was paid for.
  if (standing.claimed) return next(facts);
  const against = ports.against(registry, standing.task, standing.now, false);
  if (against !== undefined) return declined(against);
  const model = await ports.content.model(facts.modelHash, facts.modelCid, signal);
  const input = await ports.content.input(facts.inputHash, facts.inputCid, signal);
  try {
    const loss = lossOf(standing.task, await ports.cost(registry, id, standing.task.requiredNodes), ports.minReward);
    if (loss !== undefined) return declined(loss);
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal || refusal.meaning === "other") throw error;
    if (refusal.meaning === "wait") return wait(WAIT_MS, refusal.words, refusal.isPause);
    return declined(refusal.words);
  }
  const question = questionOf(job, model.bytes, chain.account);
  const why = await cannotAnswer(question, input.bytes, ports.answer, signal);
  if (why !== undefined) return declined(why);
  return next(facts);
}

function declined(reason: string): Verdict<OarnFacts> {
  return end("declined", reason);
}
