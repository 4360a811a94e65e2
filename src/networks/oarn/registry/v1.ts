// TaskRegistry (V1): whoever submits is paid once enough have; its status numbers are not those of V2.
import { getContractEvents, readContract } from "viem/actions";
import { encodeFunctionData } from "viem/utils";
import { v1Abi } from "./abi.ts";
import { addressOf, latestPayment } from "./read.ts";
import type { Version } from "./registry.ts";
import type { TaskState } from "./task.ts";

const STATES: readonly TaskState[] = ["pending", "active", "completed", "cancelled", "expired"];

export const v1: Version = {
  number: 1,
  submitGas: 120_000n,
  leastNodes: 1n,

  newTaskData: ({ modelHash, inputHash, requirements, rewardPerNode, requiredNodes, deadline }) =>
    encodeFunctionData({
      abi: v1Abi,
      functionName: "submitTask",
      args: [modelHash, inputHash, requirements, rewardPerNode, requiredNodes, deadline],
    }),

  fundData: undefined,

  endData: {
    cancel: (id) => encodeFunctionData({ abi: v1Abi, functionName: "cancelTask", args: [id] }),
    expire: (id) => encodeFunctionData({ abi: v1Abi, functionName: "expireTask", args: [id] }),
  },

  async task(view, address, id) {
    const at = { address, abi: v1Abi, blockNumber: view.block } as const;
    const [own, requester, modelHash, inputHash, requirements, ...rest] = await readContract(view.client, {
      ...at,
      functionName: "tasks",
      args: [id],
    });
    if (own !== id) return undefined;
    const [rewardPerNode, requiredNodes, submitted, deadline, status, kind, createdAt] = rest;
    return {
      id,
      requester: addressOf(requester),
      modelHash,
      inputHash,
      requirements,
      rewardPerNode,
      requiredNodes,
      claimed: undefined,
      submitted,
      deadline,
      state: STATES[status] ?? "unknown",
      kind,
      createdAt,
      consensusResult: undefined,
    };
  },

  async payment(view, address, id, node, { from, to }) {
    const paid = await getContractEvents(view.client, {
      address,
      abi: v1Abi,
      eventName: "RewardDistributed",
      args: { taskId: id, node },
      fromBlock: from,
      toBlock: to,
    });
    return latestPayment(paid);
  },

  matched: () => Promise.resolve(undefined),
};
