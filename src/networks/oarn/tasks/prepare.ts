// From a task on the chain to a job: wanted, with content that is here and verified; or the reason why not.

import { looksLikeOnnx } from "../compute/compute.ts";
import type { OarnFacts } from "../job/facts.ts";
import type { Task } from "../registry/task.ts";
import { parseRequirements, type Requirements } from "../requirements.ts";
import type { Content, Found } from "./content.ts";
import { frameworkOf, modelName, reasonAgainst, type Terms } from "./judge.ts";
import type { Candidate } from "./reader.ts";

export interface PreparePorts {
  readonly content: Content;
  terms(): Terms;
}

/** A model file of a text task names the model; it is small. */
const LONGEST_NAME_FILE = 64 * 1024;

export async function prepare(
  { registry, task, now, block, held }: Candidate,
  { content, terms }: PreparePorts,
  signal: AbortSignal,
): Promise<OarnFacts | { readonly reason: string }> {
  const requirements = parseRequirements(task.requirements);
  const wanted = terms();
  const against = reasonAgainst(task, requirements, wanted, now, held);
  if (against !== undefined) return { reason: against };
  const model = await modelOf(task, requirements, { content, terms: () => wanted }, signal);
  if ("reason" in model) return model;
  const input = await content.input(task.inputHash, requirements.inputCid, signal);
  return {
    chainId: registry.chainId,
    registry: registry.address,
    version: registry.version.number,
    task: String(task.id),
    modelHash: task.modelHash,
    inputHash: task.inputHash,
    modelCid: model.cid,
    inputCid: input.cid,
    framework: model.framework,
    model: model.name,
    requiredNodes: Number(task.requiredNodes),
    deadline: Number(task.deadline),
    fromBlock: String(block),
  };
}

/** Its bytes are let go of before the input is waited for: a model may be large, and an input may never come. */
async function modelOf(
  task: Task,
  requirements: Requirements,
  { content, terms }: PreparePorts,
  signal: AbortSignal,
): Promise<
  (Pick<OarnFacts, "framework"> & { readonly cid: string; readonly name: string }) | { readonly reason: string }
> {
  const model = await content.model(task.modelHash, requirements.modelCid, signal);
  const framework = frameworkOf(requirements) ?? (looksLikeOnnx(model.bytes) ? "onnx" : undefined);
  if (framework !== "onnx" && framework !== "text")
    return { reason: "it does not say what its model is, and it is no ONNX file" };
  if (framework === "onnx" && !looksLikeOnnx(model.bytes)) return { reason: "its model is no ONNX file" };
  const name = framework === "text" ? (requirements.model ?? namedIn(model)) : modelName(requirements, task);
  if (name === undefined) return { reason: "it names no model" };
  if (framework === "text" && !terms().models.includes(name)) return { reason: `no model server has ${name}` };
  return { cid: model.cid, framework, name };
}

/** Where the requirements do not say it: the first line of the file. */
function namedIn({ bytes }: Found): string | undefined {
  if (bytes.length > LONGEST_NAME_FILE) return undefined;
  const [line = ""] = new TextDecoder().decode(bytes).split("\n");
  return /^[\w./:@-]{1,200}$/.test(line.trim()) ? line.trim() : undefined;
}
