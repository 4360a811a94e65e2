// The one way to a result: a model file by Compute, a text by a model server. What neither can do is an error.
import type { TextPort } from "../../../core/text.ts";
import { type Compute, looksLikeOnnx, type ModelLimits, type RunningModel } from "../compute/compute.ts";
import { OarnError } from "../errors.ts";

export interface Question {
  readonly id: string;
  readonly framework: "onnx" | "text";
  readonly model: string;
  readonly modelBytes: Uint8Array;
  readonly caller: string;
}

export interface AnswerPorts {
  readonly text: TextPort;
  readonly compute: Compute | undefined;
  readonly limits: ModelLimits;
}

/** Nodes agree only when they all ask alike. */
const SEED = 0;

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
