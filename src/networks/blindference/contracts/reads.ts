// What this node reads of its stake, of its records, and of CoFHE.
import { getBlock, getCode, getLogs, readContract } from "viem/actions";
import type { Address } from "../../../core/address.ts";
import type { Domain } from "../cofhe/permit.ts";
import { attestationRegistryAbi, cofheAbi, committedEvent, nodeRegistryAbi, stakingAbi, tokenAbi } from "./abi.ts";
import { CONTRACTS, NOBODY } from "./addresses.ts";
import { AVAILABILITY } from "./availability.ts";
import { addressFrom, type ChainReads, read } from "./read.ts";

export interface StakeInfo {
  readonly staked: bigint;
  readonly unbonding: bigint;
  /** Unix seconds. */
  readonly unbondingAvailableAt: bigint;
  readonly consecutiveFailures: bigint;
  readonly active: boolean;
}

export function stakeOf(chain: ChainReads, node: Address): Promise<StakeInfo> {
  return read(chain, "BlindferenceStaking", CONTRACTS.staking, ({ client, block }) =>
    readContract(client, {
      address: CONTRACTS.staking,
      abi: stakingAbi,
      functionName: "getStakeInfo",
      args: [node],
      blockNumber: block,
    }),
  );
}

export interface StakeTerms {
  readonly token: Address;
  /** Of every single call of stake. */
  readonly least: bigint;
  readonly balance: bigint;
  readonly allowance: bigint;
}

export function stakeTerms(chain: ChainReads, node: Address): Promise<StakeTerms> {
  const staking = { address: CONTRACTS.staking, abi: stakingAbi } as const;
  return read(chain, "BlindferenceStaking", CONTRACTS.staking, async ({ client, block: blockNumber }) => {
    const [token, least] = await Promise.all([
      readContract(client, { ...staking, functionName: "blindToken", blockNumber }),
      readContract(client, { ...staking, functionName: "MIN_STAKE", blockNumber }),
    ]);
    const blind = { address: token, abi: tokenAbi, blockNumber } as const;
    const [balance, allowance] = await Promise.all([
      readContract(client, { ...blind, functionName: "balanceOf", args: [node] }),
      readContract(client, { ...blind, functionName: "allowance", args: [node, CONTRACTS.staking] }),
    ]);
    return { token: addressFrom(token), least, balance, allowance };
  });
}

export function balanceOf(chain: ChainReads, token: Address, node: Address): Promise<bigint> {
  return read(chain, "BLIND", token, ({ client, block }) =>
    readContract(client, {
      address: token,
      abi: tokenAbi,
      functionName: "balanceOf",
      args: [node],
      blockNumber: block,
    }),
  );
}

export interface NodeStanding {
  readonly registered: boolean;
  /** As the contract reckons it; nothing that the ICL does depends on it. */
  readonly active: boolean;
  /** Unix seconds. */
  readonly lastHeartbeat: bigint;
  readonly attestationExpires: bigint;
  readonly graceSeconds: bigint;
  /** To be sent along with a registration, wei. */
  readonly minStake: bigint;
  /** Of the block in which all this holds, unix seconds. */
  readonly now: bigint;
}

export function standingOf(chain: ChainReads, node: Address): Promise<NodeStanding> {
  const registry = { address: CONTRACTS.nodeRegistry, abi: nodeRegistryAbi } as const;
  return read(chain, "NodeRegistry", CONTRACTS.nodeRegistry, async ({ client, block: blockNumber }) => {
    const [record, active, graceSeconds, minStake, { timestamp }] = await Promise.all([
      readContract(client, { ...registry, functionName: "getNode", args: [node], blockNumber }),
      readContract(client, { ...registry, functionName: "isActive", args: [node], blockNumber }),
      readContract(client, { ...registry, functionName: "heartbeatGraceSeconds", blockNumber }),
      readContract(client, { ...registry, functionName: "minStake", blockNumber }),
      getBlock(client, { blockNumber }),
    ]);
    return {
      registered: addressFrom(record.operator) !== NOBODY,
      active,
      lastHeartbeat: record.lastHeartbeat,
      attestationExpires: record.attestationExpires,
      graceSeconds,
      minStake,
      now: timestamp,
    };
  });
}

/** Whether the ICL takes this node into quorums, where it reads a real chain. */
export function isAvailable(chain: ChainReads, node: Address): Promise<boolean> {
  return read(chain, "NodeAttestationRegistry", CONTRACTS.attestationRegistry, ({ client, block }) =>
    readContract(client, {
      address: CONTRACTS.attestationRegistry,
      abi: attestationRegistryAbi,
      functionName: "hasValid",
      args: [node, AVAILABILITY, NOBODY],
      blockNumber: block,
    }),
  );
}

/**
 * When the latest record that lets this node into quorums ends, unix seconds; 0: never. The contract tells it in its events
 * only, and many RPCs tell of old events only a few, or none: undefined.
 */
export function committedUntil(chain: ChainReads, node: Address): Promise<number | undefined> {
  const args = { node, attestationType: AVAILABILITY, counterparty: NOBODY };
  const event = committedEvent;
  return read(chain, "NodeAttestationRegistry", CONTRACTS.attestationRegistry, async ({ client, block }) => {
    const range = { fromBlock: 0n, toBlock: block };
    const events = await getLogs(client, { address: CONTRACTS.attestationRegistry, event, args, ...range }).catch(
      () => [],
    );
    const latest = events.at(-1)?.args.expiresAt;
    return latest === undefined ? undefined : Number(latest);
  });
}

/** Of the latest block, unix seconds: what contracts go by. */
export function chainSeconds(chain: ChainReads): Promise<number> {
  return chain.read(async ({ client, block }) => Number((await getBlock(client, { blockNumber: block })).timestamp));
}

export function hasCode(chain: ChainReads, address: Address): Promise<boolean> {
  return chain.read(
    async ({ client, block }) => ((await getCode(client, { address, blockNumber: block })) ?? "0x") !== "0x",
  );
}

/** In which permits are signed: that of the access list which the task manager names. */
export function permitDomain(chain: ChainReads): Promise<Domain> {
  const { taskManager } = CONTRACTS;
  return read(chain, "CoFHE's TaskManager", taskManager, async ({ client, block: blockNumber }) => {
    const acl = await readContract(client, { address: taskManager, abi: cofheAbi, functionName: "acl", blockNumber });
    const [, name, version, chainId, verifyingContract] = await readContract(client, {
      address: acl,
      abi: cofheAbi,
      functionName: "eip712Domain",
      blockNumber,
    });
    return { name, version, chainId: Number(chainId), verifyingContract: addressFrom(verifyingContract) };
  });
}
