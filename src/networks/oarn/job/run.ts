// Input and model into a result and its hash: the work itself, for one input or for a batch of them.
import { messageOf } from "../../../core/errors.ts";
import type { Verdict } from "../../jobs/job.ts";
import { end, next } from "../../jobs/verdicts.ts";
import { type BatchResult, batchManifest, batchResult, readBatch } from "../batch.ts";
import { OarnError } from "../errors.ts";
import { resultHash } from "../hashes.ts";
import { answer, type Question } from "./answer.ts";
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

export async function run({ id, facts }: OarnJob, ports: StepPorts, signal: AbortSignal): Promise<Verdict<OarnFacts>> {
  // Whatever became of the steps after it: a job has one result.
  if (facts.result) return next(facts);
  const model = await ports.content.model(facts.modelHash, facts.modelCid, signal);
  const given = await ports.content.input(facts.inputHash, facts.inputCid, signal);
  const question = {
    id,
    framework: facts.framework,
    model: facts.model,
    modelBytes: model.bytes,
    caller: subjectOf(facts, ports.world()).chain.account,
  };
  const made = await resultOf(question, given.bytes, facts, ports, signal);
  if (made.bytes.length > MOST_BYTES) {
    return end("failed", `the result is larger than ${MOST_BYTES} bytes`);
  }
  const result = { hash: made.hash, bytes: Buffer.from(made.bytes).toString("base64") };
  return next({ ...facts, result });
}

async function resultOf(
  question: Omit<Question, "input">,
  given: Uint8Array,
  facts: OarnFacts,
  ports: StepPorts,
  signal: AbortSignal,
): Promise<{ hash: `0x${string}`; bytes: Uint8Array }> {
  const batch = facts.version === 2 ? readBatch(given) : undefined;
  if (!batch) {
    const bytes = await answer({ ...question, input: given }, ports.answer, signal);
    return { hash: resultHash(bytes), bytes };
  }
  const from = ports.clock.monotonic();
  const results: BatchResult[] = [];
  for (const { id, bytes } of batch.inputs) {
    signal.throwIfAborted();
    try {
      results.push(batchResult(id, await answer({ ...question, input: bytes }, ports.answer, signal)));
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
