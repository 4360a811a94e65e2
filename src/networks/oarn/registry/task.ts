// A task as its registry has it, whichever version that is.
import type { Address, Hex } from "../../../core/address.ts";

/** The two versions number them differently, so they are words from here on. */
export type TaskState =
  | "pending"
  | "active"
  | "consensus"
  | "completed"
  | "disputed"
  | "cancelled"
  | "expired"
  | "unknown";

export interface Task {
  readonly id: bigint;
  readonly requester: Address;
  readonly modelHash: Hex;
  readonly inputHash: Hex;
  /** As it was written, however long. */
  readonly requirements: string;
  /** Wei. */
  readonly rewardPerNode: bigint;
  readonly requiredNodes: bigint;
  /** undefined: the registry does not count them (V1). */
  readonly claimed: bigint | undefined;
  readonly submitted: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly state: TaskState;
  /** V2: 0 majority, 1 super-majority, 2 unanimous. V1: 0 standard, 1 validator-routed. */
  readonly kind: number;
  readonly createdAt: bigint;
  /** V2, once settled. */
  readonly consensusResult: Hex | undefined;
}

export interface NewTask {
  readonly modelHash: Hex;
  readonly inputHash: Hex;
  readonly requirements: string;
  /** Wei. */
  readonly rewardPerNode: bigint;
  readonly requiredNodes: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  /** Of V2: 0 majority, 1 super-majority, 2 unanimous. */
  readonly consensus: number;
}

/** Work can be taken and delivered only in these. */
export function isOpen(state: TaskState): boolean {
  return state === "pending" || state === "active";
}

/**
 * What an operator should read: V2 has no status for a task that ran out of time.
 * @param now unix seconds, of the block
 */
export function shownState(task: Task, now: bigint): TaskState {
  return isOpen(task.state) && task.deadline <= now ? "expired" : task.state;
}
