// Tasks as commands print them: the shapes that OARN's own node has, amounts exact, states by the clock of the chain.
import { formatEther } from "viem/utils";
import { clean } from "../../../lib/clean.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import { isOpen, shownState, type Task } from "../registry/task.ts";
import { LONGEST_REQUIREMENTS } from "../requirements.ts";

/** What a number of JSON can hold; beyond it, text. */
export function idOf(id: bigint): number | string {
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : String(id);
}

export interface ListedTask {
  readonly id: number | string;
  /** ETH. */
  readonly reward_per_node: string;
  readonly required_nodes: number;
  /** Unix seconds. */
  readonly deadline: number;
  readonly status: string;
}

/** @param now unix seconds, of the block */
export function listed(task: Task, now: bigint): ListedTask {
  const state = shownState(task, now);
  return {
    id: idOf(task.id),
    reward_per_node: formatEther(task.rewardPerNode),
    required_nodes: Number(task.requiredNodes),
    deadline: Number(task.deadline),
    status: isOpen(state) ? "available" : state,
  };
}

const CONSENSUS = ["majority", "super_majority", "unanimous"];
const MODES = ["standard", "validator_routed"];

export function statusOf(registry: TaskRegistry, task: Task, now: bigint) {
  const kinds = registry.version.number === 2 ? CONSENSUS : MODES;
  return {
    id: idOf(task.id),
    status: shownState(task, now),
    mode: kinds[task.kind] ?? `unknown (${task.kind})`,
    requester: task.requester,
    model_hash: task.modelHash,
    input_hash: task.inputHash,
    requirements: clean(task.requirements, LONGEST_REQUIREMENTS),
    reward_per_node: formatEther(task.rewardPerNode),
    required_nodes: Number(task.requiredNodes),
    completed_nodes: Number(task.submitted),
    deadline: Number(task.deadline),
    created_at: Number(task.createdAt),
    version: versionOf(registry),
  };
}

export function versionOf({ version }: TaskRegistry): "v1" | "v2" {
  return version.number === 2 ? "v2" : "v1";
}
