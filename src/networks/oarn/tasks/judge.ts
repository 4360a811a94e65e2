// Whether this node wants a task, by what the chain says of it: the first reason not to, in the operator's words.
import { formatEther } from "viem/utils";
import { clean } from "../../../lib/clean.ts";
import { NO_HASH } from "../hashes.ts";
import { isOpen, type Task } from "../registry/task.ts";
import { type Framework, LONGEST_REQUIREMENTS, type Requirements } from "../requirements.ts";
import { matchesAny } from "./globs.ts";

export interface Terms {
  /** Formats of model files that this node runs, and the operator wants run; text tasks need none. */
  readonly frameworks: readonly string[];
  /** Ids and aliases at the model servers. */
  readonly models: readonly string[];
  /** Patterns; empty: all. */
  readonly acceptedModels: readonly string[];
  /** Wei. */
  readonly minReward: bigint;
  /** MiB; undefined: not known. */
  readonly vramMb: number | undefined;
  readonly ramMb: number | undefined;
  readonly hasGpu: boolean;
  /** Seconds that work may take, and what must be left after it. */
  readonly neededSeconds: number;
  /** Seconds ahead: what ends later would be looked after for too long. */
  readonly longestSeconds: number;
  readonly joinRaces: boolean;
  readonly requireCids: boolean;
}

/** undefined: it does not say what it is, and only its bytes may tell. */
export function frameworkOf(requirements: Requirements): Framework | "unknown" | undefined {
  return requirements.framework ?? (requirements.model !== undefined ? "text" : undefined);
}

/** What the model is called, for patterns and lists. */
export function modelName({ model, modelCid }: Requirements, task: Pick<Task, "modelHash">): string {
  return clean(model ?? modelCid ?? task.modelHash, 80);
}

/**
 * @param now unix seconds, of the block
 * @param held this node has a claim on it already: then races, counts and prices are past
 */
export function reasonAgainst(
  task: Task,
  requirements: Requirements,
  terms: Terms,
  now: bigint,
  held: boolean,
): string | undefined {
  if (!isOpen(task.state)) return `it is ${task.state}`;
  if (task.deadline <= now) return "its deadline has passed";
  if (task.modelHash === NO_HASH) return "it names no model";
  if (task.inputHash === NO_HASH) return "it names no input";
  if (!held) {
    const left = task.deadline - now;
    if (left < BigInt(terms.neededSeconds))
      return `its deadline is in ${left} s, less than the ${terms.neededSeconds} s that work may need`;
    if (left > BigInt(terms.longestSeconds))
      return `its deadline is in ${left} s, more than the ${terms.longestSeconds} s of compute.maxDeadline`;
  }
  if (task.submitted >= task.requiredNodes) return "others have delivered it";
  if (!held && task.claimed !== undefined) {
    if (task.claimed >= task.requiredNodes * 2n) return "all its claims are taken";
    if (task.claimed >= task.requiredNodes && !terms.joinRaces)
      return `${task.claimed} nodes have claimed it and ${task.requiredNodes} are paid`;
  }
  // A claim is paid for already, and what it pays is more than its submission costs, or it waits for that.
  return reasonOfRequirements(task, requirements, terms) ?? (held ? undefined : reasonOfReward(task, terms));
}

function reasonOfRequirements(task: Task, requirements: Requirements, terms: Terms): string | undefined {
  if (task.requirements.length > LONGEST_REQUIREMENTS) return "its requirements are too long to be read";
  const framework = frameworkOf(requirements);
  if (framework === "unknown") return "it wants a framework that is not known";
  if (framework === undefined && terms.frameworks.length === 0) return "this node runs no model files";
  if (framework === "text") {
    if (requirements.model !== undefined && !terms.models.includes(requirements.model))
      return `no model server has ${clean(requirements.model, 60)}`;
  } else if (framework !== undefined && !terms.frameworks.includes(framework)) {
    return `it wants ${framework}, which this node does not run`;
  }
  const name = modelName(requirements, task);
  if (terms.acceptedModels.length > 0 && !matchesAny(name, terms.acceptedModels))
    return `its model, ${name}, is not among the accepted ones`;
  if (requirements.gpuRequired && !terms.hasGpu) return "it wants a GPU";
  if (more(requirements.minVramMb, terms.vramMb)) return `it wants ${requirements.minVramMb} MB of GPU memory`;
  if (more(requirements.minRamMb, terms.ramMb)) return `it wants ${requirements.minRamMb} MB of memory`;
  if (terms.requireCids && (requirements.modelCid === undefined || requirements.inputCid === undefined))
    return "its requirements name no CIDs";
  return undefined;
}

function reasonOfReward({ rewardPerNode }: Task, { minReward }: Terms): string | undefined {
  return rewardPerNode < minReward ? `it pays ${formatEther(rewardPerNode)} ETH` : undefined;
}

/** Only where both sides are known. */
function more(wanted: number | undefined, there: number | undefined): boolean {
  return wanted !== undefined && there !== undefined && wanted > there;
}
