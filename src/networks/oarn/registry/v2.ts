// TaskRegistryV2: nodes are paid when enough of them agree.
import { getContractEvents, readContract } from "viem/actions";
import { encodeFunctionData } from "viem/utils";
import { NO_HASH } from "../hashes.ts";
import { v2Abi } from "./abi.ts";
import { addressOf, latestPayment } from "./read.ts";
import type { Version } from "./registry.ts";
import type { TaskState } from "./task.ts";

const STATES: readonly TaskState[] = [
  "pending",
  "active",
  "consensus",
  "completed",
  "disputed",
  "cancelled",
  "expired",
];

export const v2: Version = {
  number: 2,
  submitGas: 243_099n,
  leastNodes: 3n,

  // Six arguments would make the registry itself the requester, and refunds would stay in it for ever.
  newTaskData: ({ modelHash, inputHash, requirements, rewardPerNode, requiredNodes, deadline, consensus }) =>
    encodeFunctionData({
      abi: v2Abi,
      functionName: "submitTask",
      args: [modelHash, inputHash, requirements, rewardPerNode, requiredNodes, deadline, consensus],
    }),

  fundData: (id) => encodeFunctionData({ abi: v2Abi, functionName: "fundTask", args: [id] }),

  endData: undefined,

  async task(view, address, id) {
    const at = { address, abi: v2Abi, blockNumber: view.block } as const;
    const [own, requester, modelHash, inputHash, requirements, ...rest] = await readContract(view.client, {
      ...at,
      functionName: "tasks",
      args: [id],
    });
    if (own !== id) return undefined;
    const [rewardPerNode, requiredNodes, claimed, submitted, deadline, status, kind, createdAt, winner] = rest;
    return {
      id,
      requester: addressOf(requester),
      modelHash,
      inputHash,
      requirements,
      rewardPerNode,
      requiredNodes,
      claimed,
      submitted,
      deadline,
      state: STATES[status] ?? "unknown",
      kind,
      createdAt,
      consensusResult: winner === NO_HASH ? undefined : winner,
    };
  },

  async payment(view, address, id, node, { from, to }) {
    const paid = await getContractEvents(view.client, {
      address,
      abi: v2Abi,
      eventName: "RewardDistributed",
      args: { taskId: id, node },
      fromBlock: from,
      toBlock: to,
    });
    return latestPayment(paid);
  },

  matched(view, address, id, node) {
    const at = { address, abi: v2Abi, blockNumber: view.block } as const;
    return readContract(view.client, { ...at, functionName: "didNodeMatchConsensus", args: [id, node] });
  },
};
