// The two transactions of a job, each with a key that stands for it for ever.
import type { Chain, Intent } from "../../../chain/chain.ts";
import type { Address, Hex } from "../../../core/address.ts";
import { errorsAbi } from "../registry/abi.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";

/** Who claims first may turn a task from pending to active, which costs a little more than the estimate of one who does not. */
const SPARE_CLAIM = 50_000n;
/** The submission that closes a task pays everybody, and which one that is may change between estimate and block. */
const SPARE_SUBMIT = 150_000n;
const SPARE_PER_NODE = 45_000n;

export function claimIntent(registry: TaskRegistry, id: bigint, model: string) {
  return {
    ...common(registry.address, registry.key(id), model, "claim", registry.claimData(id)),
    spareGas: SPARE_CLAIM,
  };
}

export function submitIntent(registry: TaskRegistry, id: bigint, model: string, hash: Hex, requiredNodes: number) {
  return {
    ...common(registry.address, registry.key(id), model, "submit", registry.submitData(id, hash)),
    spareGas: spareToSubmit(BigInt(requiredNodes)),
  };
}

/** Until it is claimed, a submission cannot be tried: this is the most gas that one may need. */
function mostToSubmit({ version }: TaskRegistry, requiredNodes: bigint): bigint {
  return (version.submitGas * 6n) / 5n + spareToSubmit(requiredNodes);
}

function spareToSubmit(requiredNodes: bigint): bigint {
  return SPARE_SUBMIT + SPARE_PER_NODE * requiredNodes;
}

/**
 * What a claim and a submission would cost, wei at most; nothing is sent.
 * @param ahead claims whose submissions are to be paid first @throws as the chain refuses the claim
 */
export async function workCost(
  chain: Pick<Chain, "estimate">,
  registry: TaskRegistry,
  { id, requiredNodes }: Pick<Task, "id" | "requiredNodes">,
  ahead = 0,
): Promise<bigint> {
  const intent = claimIntent(registry, id, "");
  const { gas, cost } = await chain.estimate(intent);
  // A claim whose submission cannot be paid is gas for nothing.
  const more = mostToSubmit(registry, requiredNodes) * BigInt(1 + ahead);
  await chain.estimate({ ...intent, spareGas: intent.spareGas + more });
  return gas > 0n ? cost + (cost * registry.version.submitGas) / gas : cost;
}

function common(to: Address, job: string, model: string, deed: string, data: Hex) {
  return { key: `oarn/${job}/${deed}`, network: "oarn", job, model, to, data, abi: errorsAbi } satisfies Intent;
}
