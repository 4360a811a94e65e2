// The transactions of this network, as a contract takes them: where to and with which data.
import { type Abi, encodeFunctionData } from "viem";
import type { Address, Hex } from "../../../core/address.ts";
import type { EncryptedHalves } from "../cofhe/cofhe.ts";
import { attestationRegistryAbi, nodeRegistryAbi, promptKeyStoreAbi, stakingAbi, tokenAbi } from "./abi.ts";
import { CONTRACTS } from "./addresses.ts";

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** Where errors of the contract, and of those that it calls, are looked up. */
  readonly abi: Abi;
}

/** A stake is moved by the token, whose errors pass through. */
const STAKING = [...stakingAbi, ...tokenAbi] as const;

export interface NodeRecord {
  readonly tier: number;
  readonly certificate: Hex;
  /** Unix seconds. */
  readonly expires: number;
  readonly models: readonly string[];
}

export function registerCall({ tier, certificate, expires, models }: NodeRecord): Call {
  const args = [tier, certificate, BigInt(expires), models] as const;
  return {
    to: CONTRACTS.nodeRegistry,
    data: encodeFunctionData({ abi: nodeRegistryAbi, functionName: "register", args }),
    abi: nodeRegistryAbi,
  };
}

export function heartbeatCall(): Call {
  return {
    to: CONTRACTS.nodeRegistry,
    data: encodeFunctionData({ abi: nodeRegistryAbi, functionName: "heartbeat" }),
    abi: nodeRegistryAbi,
  };
}

export function approveCall(token: Address, spender: Address, amount: bigint): Call {
  return {
    to: token,
    data: encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [spender, amount] }),
    abi: tokenAbi,
  };
}

export function stakeCall(amount: bigint): Call {
  return {
    to: CONTRACTS.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: "stake", args: [amount] }),
    abi: STAKING,
  };
}

export function unstakeCall(): Call {
  return {
    to: CONTRACTS.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: "initiateUnstake" }),
    abi: STAKING,
  };
}

export function withdrawCall(): Call {
  return {
    to: CONTRACTS.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: "completeUnstake" }),
    abi: STAKING,
  };
}

/** @param id of the key, 32 bytes @param allowed who may decrypt it: the contract grants nobody else, not even the sender */
export function storeKeyCall(
  store: Address,
  id: Hex,
  { high, low }: EncryptedHalves,
  allowed: readonly Address[],
): Call {
  return {
    to: store,
    data: encodeFunctionData({ abi: promptKeyStoreAbi, functionName: "storeKey", args: [id, high, low, allowed] }),
    abi: promptKeyStoreAbi,
  };
}

export interface AvailabilityRecord {
  readonly node: Address;
  readonly attestationType: Hex;
  readonly documentHash: Hex;
  readonly counterparty: Address;
  /** Unix seconds. */
  readonly effectiveAt: number;
  readonly expiresAt: number;
}

export function commitCall(record: AvailabilityRecord, signature: Hex): Call {
  const { node, attestationType, documentHash, counterparty, effectiveAt, expiresAt } = record;
  const args = [
    node,
    attestationType,
    documentHash,
    counterparty,
    BigInt(effectiveAt),
    BigInt(expiresAt),
    signature,
  ] as const;
  return {
    to: CONTRACTS.attestationRegistry,
    data: encodeFunctionData({ abi: attestationRegistryAbi, functionName: "commit", args }),
    abi: attestationRegistryAbi,
  };
}
