// Whether a task pays at the gas of this moment, in the operator's words.
import { formatEther } from "viem/utils";
import { refusalOf } from "../registry/reasons.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";
import type { StepPorts } from "./ports.ts";

/** @param cost of its claim and its submission @param least that must be left; all of them wei @returns undefined: it pays */
export function lossOf(
  { rewardPerNode }: Pick<Task, "rewardPerNode">,
  cost: bigint,
  least: bigint,
): string | undefined {
  const left = rewardPerNode - cost;
  if (left >= 0n && left >= least) return undefined;
  return `${formatEther(cost)} ETH of gas leave ${formatEther(left)} of its reward`;
}

/** The same, or why the chain takes no claim on it now. */
export async function reasonOfPrice(
  task: Task,
  registry: TaskRegistry,
  { cost, minReward }: Pick<StepPorts, "cost" | "minReward">,
): Promise<string | undefined> {
  try {
    return lossOf(task, await cost(registry, task.id, task.requiredNodes), minReward);
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal || refusal.meaning === "other") throw error;
    return refusal.words;
  }
}
