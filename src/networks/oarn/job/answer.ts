// The one way to a result: a model file by Compute, a text by a model server. What neither can do is an error.

import { messageOf } from "../../../core/errors.ts";
import type { TextPort } from "../../../core/text.ts";
import { readBatch } from "../batch.ts";
import { type Compute, looksLikeOnnx, type ModelLimits, type RunningModel } from "../compute/compute.ts";
import { isModelFault } from "../compute/model-error.ts";
import { OarnError } from "../errors.ts";
import type { OarnJob } from "./facts.ts";

export interface Question {
  readonly id: string;
  readonly framework: "onnx" | "text";
  readonly model: string;
  readonly modelBytes: Uint8Array;
  readonly caller: string;
  /** Its input may be many, whose results have a form of their own. */
  readonly batches: boolean;
}

/** @param caller the node's account: nobody else is known to ask */
export function questionOf({ id, facts }: OarnJob, modelBytes: Uint8Array, caller: string): Question {
  return { id, framework: facts.framework, model: facts.model, modelBytes, caller, batches: facts.version === 2 };
}

export interface AnswerPorts {
  readonly text: TextPort;
  readonly compute: Compute | undefined;
  readonly limits: ModelLimits;
}

/** Nodes agree only when they all ask alike. */
const SEED = 0;

/**
 * Looked at before anything is promised, as far as it can be without the work itself: whether the input is what such a model
 * takes, and whether the model opens. @returns why not; what another try may mend is thrown
 */
export async function cannotAnswer(
  question: Question,
  input: Uint8Array,
  ports: AnswerPorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    if (question.batches) readBatch(input);
    if (question.framework === "text") promptOf(input);
    (await openAnswers(question, ports, signal)).close();
    return undefined;
  } catch (error) {
    if (isModelFault(error) || (error instanceof OarnError && error.status === 422)) return messageOf(error);
    throw error;
  }
}

/** Whatever answers all inputs of one task; to be closed. */
export async function openAnswers(question: Question, ports: AnswerPorts, signal: AbortSignal): Promise<RunningModel> {
  if (question.framework === "text") {
    return { run: (input, during) => textAnswer(question, input, ports, during), close() {} };
  }
  const { compute, limits } = ports;
  if (!compute?.frameworks.includes("onnx")) throw new OarnError("oarn_compute", 503, "this node runs no ONNX models");
  if (!looksLikeOnnx(question.modelBytes)) throw new OarnError("oarn_compute", 422, "the model is no ONNX file");
  return compute.open(question.modelBytes, limits, signal);
}

async function textAnswer(
  question: Question,
  input: Uint8Array,
  { text, limits }: AnswerPorts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const parts: string[] = [];
  let length = 0;
  const stream = text.generate({
    id: question.id,
    network: "oarn",
    caller: question.caller,
    model: question.model,
    prompt: [{ role: "user", content: promptOf(input) }],
    temperature: 0,
    seed: SEED,
    signal,
  });
  for await (const part of stream) {
    length += part.length;
    if (length > limits.outputBytes) {
      throw new OarnError("oarn_result", 422, "the answer is larger than a result may be");
    }
    parts.push(part);
  }
  return new TextEncoder().encode(parts.join(""));
}

function promptOf(input: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw new OarnError("oarn_content", 422, "the prompt is not UTF-8");
  }
}
