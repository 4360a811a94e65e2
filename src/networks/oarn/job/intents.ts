// The two transactions of a job, each with a key that stands for it for ever.
import type { Chain, Intent } from "../../../chain/chain.ts";
import type { Address, Hex } from "../../../core/address.ts";
import { errorsAbi } from "../registry/abi.ts";
import type { TaskRegistry } from "../registry/registry.ts";

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
    spareGas: SPARE_SUBMIT + SPARE_PER_NODE * BigInt(requiredNodes),
  };
}

/** What a claim and a submission would cost, wei at most; nothing is sent. @throws as the chain refuses the claim */
export async function workCost(chain: Pick<Chain, "estimate">, registry: TaskRegistry, id: bigint): Promise<bigint> {
  const { gas, cost } = await chain.estimate(claimIntent(registry, id, ""));
  return gas > 0n ? cost + (cost * registry.version.submitGas) / gas : cost;
}

function common(to: Address, job: string, model: string, deed: string, data: Hex) {
  return { key: `oarn/${job}/${deed}`, network: "oarn", job, model, to, data, abi: errorsAbi } satisfies Intent;
}
