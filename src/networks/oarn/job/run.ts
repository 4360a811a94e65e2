// Input and model into a result and its hash: the work itself, for one input or for a batch of them.
import { messageOf } from "../../../core/errors.ts";
import type { Verdict } from "../../jobs/job.ts";
import { end, next } from "../../jobs/verdicts.ts";
import { type BatchResult, batchManifest, batchResult, readBatch } from "../batch.ts";
import type { RunningModel } from "../compute/compute.ts";
import { isModelFault } from "../compute/model-error.ts";
import { OarnError } from "../errors.ts";
import { resultHash } from "../hashes.ts";
import { openAnswers, type Question, questionOf } from "./answer.ts";
import type { OarnFacts, OarnJob } from "./facts.ts";
import { type StepPorts, subjectOf } from "./ports.ts";

/** It lies in the job's record until it is uploaded. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What was verified before the claim may have left the cache since. */
export async function input({ facts }: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  await ports.content.model(facts.modelHash, facts.modelCid, signal);
  await ports.content.input(facts.inputHash, facts.inputCid, signal);
  return next(facts);
}

export async function run(job: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  const { facts } = job;
  // Whatever became of the steps after it: a job has one result.
  if (facts.result) return next(facts);
  const model = await ports.content.model(facts.modelHash, facts.modelCid, signal);
  const given = await ports.content.input(facts.inputHash, facts.inputCid, signal);
  const question = questionOf(job, model.bytes, subjectOf(facts, ports.world()).chain.account);
  let made: Made;
  try {
    made = await resultOf(question, given.bytes, facts, ports, signal);
  } catch (error) {
    // It lies in model and input: another try would end alike.
    if (isModelFault(error)) return end("failed", messageOf(error));
    throw error;
  }
  if (made.bytes.length > MOST_BYTES) {
    return end("failed", `the result is larger than ${MOST_BYTES} bytes`);
  }
  const result = { hash: made.hash, bytes: Buffer.from(made.bytes).toString("base64") };
  return next({ ...facts, result });
}

interface Made {
  readonly hash: `0x${string}`;
  readonly bytes: Uint8Array;
}

async function resultOf(
  question: Question,
  given: Uint8Array,
  facts: OarnFacts,
  ports: StepPorts,
  signal: AbortSignal,
): Promise<Made> {
  const batch = question.batches ? readBatch(given) : undefined;
  const answers = await openAnswers(question, ports.answer, signal);
  try {
    if (batch) return await batchOf(batch, answers, question, facts, ports, signal);
    const bytes = await answers.run(given, signal);
    return { hash: resultHash(bytes), bytes };
  } finally {
    answers.close();
  }
}

async function batchOf(
  batch: NonNullable<ReturnType<typeof readBatch>>,
  answers: RunningModel,
  question: Question,
  facts: OarnFacts,
  ports: StepPorts,
  signal: AbortSignal,
): Promise<Made> {
  const from = ports.clock.monotonic();
  const results: BatchResult[] = [];
  for (const { id, bytes } of batch.inputs) {
    signal.throwIfAborted();
    try {
      results.push(batchResult(id, await answers.run(bytes, signal)));
    } catch (error) {
      signal.throwIfAborted();
      throw new OarnError("oarn_result", 502, `input ${id} of the batch: ${messageOf(error)}`, { cause: error });
    }
  }
  return batchManifest(results, {
    taskId: BigInt(facts.task),
    modelCid: batch.modelCid,
    node: question.caller,
    framework: question.framework,
    version: ports.version,
    totalMs: ports.clock.monotonic() - from,
  });
}
