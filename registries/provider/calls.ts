// What a provider asks of the network's contracts: where to, with which data, and how it is said to people.
import { type Abi, encodeFunctionData } from "viem";
import type { Address, Hex } from "../../src/core/address.ts";
import { ETHER, formatAmount } from "../../src/core/amount.ts";
import { checksumAddress } from "../../src/lib/ethereum.ts";
import { funcTokenAbi } from "../abi/func-token.ts";
import { providerRegistryAbi } from "../abi/provider-registry.ts";
import { providerStakingAbi } from "../abi/provider-staking.ts";

export const DEEDS = ["register", "update", "pause", "unpause", "approve", "stake", "unstake", "claim"] as const;
export type DeedName = (typeof DEEDS)[number];

export interface Call {
  readonly what: DeedName;
  /** "ProviderRegistry". */
  readonly contract: string;
  /** As people read it: "pause(id)". */
  readonly signature: string;
  readonly to: Address;
  readonly data: Hex;
  /** Where errors of the contract, and of those that it calls, are looked up. */
  readonly abi: Abi;
}

/** Tokens are moved by FUNC, whose errors pass through. */
const REGISTRY: Abi = [...providerRegistryAbi, ...funcTokenAbi];
const STAKING: Abi = [...providerStakingAbi, ...funcTokenAbi];

export interface NewProvider {
  readonly id: Hex;
  readonly modelId: bigint;
  readonly metadata: string;
}

export function registerCall(registry: Address, provider: NewProvider, stake: boolean): Call {
  const functionName = stake ? "registerAndStake" : "register";
  const args = [provider.id, provider.modelId, provider.metadata] as const;
  const data = encodeFunctionData({ abi: providerRegistryAbi, functionName, args });
  return inRegistry("register", registry, `${functionName}(id, ${provider.modelId}, metadata)`, data);
}

export function updateCall(registry: Address, id: Hex, metadata: string): Call {
  const args = [id, metadata] as const;
  const data = encodeFunctionData({ abi: providerRegistryAbi, functionName: "updateMetadata", args });
  return inRegistry("update", registry, "updateMetadata(id, metadata)", data);
}

export function pauseCall(registry: Address, id: Hex, functionName: "pause" | "unpause"): Call {
  const data = encodeFunctionData({ abi: providerRegistryAbi, functionName, args: [id] });
  return inRegistry(functionName, registry, `${functionName}(id)`, data);
}

export interface Epochs {
  readonly from: bigint;
  readonly to: bigint;
}

/** The rewards of all of an owner's providers. */
export function claimAllCall(registry: Address, { from, to }: Epochs): Call {
  const functionName = "claimRewardsCluster";
  const data = encodeFunctionData({ abi: providerRegistryAbi, functionName, args: [from, to] });
  return inRegistry("claim", registry, `${functionName}(${from}, ${to})`, data);
}

export function claimCall(staking: Address, id: Hex, { from, to }: Epochs): Call {
  const data = encodeFunctionData({ abi: providerStakingAbi, functionName: "claimRewards", args: [id, from, to] });
  return inStaking("claim", staking, `claimRewards(id, ${from}, ${to})`, data);
}

export function stakeCall(staking: Address, id: Hex): Call {
  const data = encodeFunctionData({ abi: providerStakingAbi, functionName: "stakeForProvider", args: [id] });
  return inStaking("stake", staking, "stakeForProvider(id)", data);
}

export function unstakeCall(staking: Address, id: Hex): Call {
  const data = encodeFunctionData({ abi: providerStakingAbi, functionName: "unstakeProvider", args: [id] });
  return inStaking("unstake", staking, "unstakeProvider(id)", data);
}

export function approveCall(func: Address, spender: Address, amount: bigint): Call {
  const data = encodeFunctionData({ abi: funcTokenAbi, functionName: "approve", args: [spender, amount] });
  const signature = `approve(${checksumAddress(spender)}, ${formatAmount(amount, ETHER)} FUNC)`;
  return { what: "approve", contract: "FUNC", signature, to: func, data, abi: funcTokenAbi };
}

function inRegistry(what: DeedName, to: Address, signature: string, data: Hex): Call {
  return { what, contract: "ProviderRegistry", signature, to, data, abi: REGISTRY };
}

function inStaking(what: DeedName, to: Address, signature: string, data: Hex): Call {
  return { what, contract: "ProviderStaking", signature, to, data, abi: STAKING };
}
