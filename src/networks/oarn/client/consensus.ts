// What the nodes of one task of V2 delivered, and what the registry made of it; all at one block.
import { readContract } from "viem/actions";
import type { ChainReader } from "../../../chain/chain.ts";
import type { Address, Hex } from "../../../core/address.ts";
import { v2Abi } from "../registry/abi.ts";
import { addressOf } from "../registry/read.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";
import { refused } from "./new-task.ts";

export interface Delivered {
  readonly node: Address;
  readonly hash: Hex;
  /** Unix seconds. */
  readonly at: number;
  /** Means something once there is a winner. */
  readonly matches: boolean;
}

export interface Consensus {
  /** Hundredths of a percent of the results that must be equal. */
  readonly threshold: number;
  /** By the nodes themselves: a dispute that its owner decided was not. */
  readonly reached: boolean;
  readonly winner: Hex | undefined;
  readonly winners: number;
  /** In the order of submission. */
  readonly results: readonly Delivered[];
  /** How many of each, the most first. */
  readonly counts: readonly { readonly hash: Hex; readonly count: number }[];
}

const UNANIMOUS = 2;
const ALL = 10_000;

/** @throws OarnError "oarn_request" for a task of V1 */
export function consensusOf(chain: ChainReader, registry: TaskRegistry, task: Task): Promise<Consensus> {
  if (registry.version.number !== 2) throw refused("in V1 nobody has to agree: every result is paid");
  return chain.read(async (view) => {
    const at = { address: registry.address, abi: v2Abi, blockNumber: view.block } as const;
    const [[, , , reached], submitted, threshold] = await Promise.all([
      readContract(view.client, { ...at, functionName: "getConsensusStatus", args: [task.id] }),
      readContract(view.client, { ...at, functionName: "getTaskResults", args: [task.id] }),
      task.kind === UNANIMOUS
        ? BigInt(ALL)
        : readContract(view.client, {
            ...at,
            functionName: task.kind === 0 ? "majorityThreshold" : "superMajorityThreshold",
          }),
    ]);
    const results = submitted.map(({ node, resultHash, submittedAt, matchesConsensus }) => ({
      node: addressOf(node),
      hash: resultHash,
      at: Number(submittedAt),
      matches: matchesConsensus,
    }));
    const counts = new Map<Hex, number>();
    for (const { hash } of results) counts.set(hash, (counts.get(hash) ?? 0) + 1);
    // The status view has none for a dispute that its owner decided: the task has it.
    const winner = task.consensusResult;
    return {
      threshold: Number(threshold),
      reached,
      winner,
      winners: winner === undefined ? 0 : results.filter(({ matches }) => matches).length,
      results,
      counts: [...counts].map(([hash, count]) => ({ hash, count })).sort((a, b) => b.count - a.count),
    };
  });
}
