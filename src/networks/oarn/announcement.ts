// A task as nodes tell each other of it: six fields that all nodes know, and ours beside them. A hint, never a fact.
import { z } from "zod";
import type { Hex } from "../../core/address.ts";
import { type Exact, exactOf, parseExact, writeExact } from "./exact-json.ts";

export interface Announcement {
  readonly id: bigint;
  readonly modelHash: string;
  readonly inputHash: string;
  /** Wei; up to 2^64 - 1 only. */
  readonly reward: bigint;
  readonly requiredNodes: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly chainId: bigint | undefined;
  readonly registry: string | undefined;
  readonly registryVersion: bigint | undefined;
  readonly modelCid: string | undefined;
  readonly inputCid: string | undefined;
  /** Wei, however much. */
  readonly rewardWei: bigint | undefined;
}

/** As large as messages of the topic may be. */
const MAX_BYTES = 64 * 1024;
const U64 = 2n ** 64n - 1n;
const u64 = z.bigint().min(0n).max(U64);
const hash = z.string().max(80);
const cid = z
  .string()
  .regex(/^[A-Za-z0-9]{32,128}$/)
  .optional()
  .catch(undefined);

const shape = z.object({
  id: u64,
  model_hash: hash,
  input_hash: hash,
  reward: u64,
  required_nodes: z
    .bigint()
    .min(0n)
    .max(2n ** 32n - 1n),
  deadline: u64,
  chain_id: u64.optional().catch(undefined),
  registry: z.string().max(80).optional().catch(undefined),
  registry_version: u64.optional().catch(undefined),
  model_cid: cid,
  input_cid: cid,
  reward_wei: z
    .string()
    .regex(/^\d{1,78}$/)
    .optional()
    .catch(undefined),
});

/** undefined: not an announcement; nothing is said about it. */
export function readAnnouncement(bytes: Uint8Array): Announcement | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  let json: Exact;
  try {
    json = parseExact(new TextDecoder("utf-8", { fatal: true }).decode(bytes), { maxLength: MAX_BYTES });
  } catch {
    return undefined;
  }
  if (!(json instanceof Map)) return undefined;
  const read = shape.safeParse(Object.fromEntries(json));
  if (!read.success) return undefined;
  const { data } = read;
  return {
    id: data.id,
    modelHash: data.model_hash,
    inputHash: data.input_hash,
    reward: data.reward,
    requiredNodes: data.required_nodes,
    deadline: data.deadline,
    chainId: data.chain_id,
    registry: data.registry,
    registryVersion: data.registry_version,
    modelCid: data.model_cid,
    inputCid: data.input_cid,
    rewardWei: data.reward_wei === undefined ? undefined : BigInt(data.reward_wei),
  };
}

export interface Announced {
  readonly id: bigint;
  readonly modelHash: Hex;
  readonly inputHash: Hex;
  readonly rewardWei: bigint;
  readonly requiredNodes: bigint;
  readonly deadline: bigint;
  readonly chainId: number;
  readonly registry: string;
  readonly registryVersion: 1 | 2;
  readonly modelCid?: string | undefined;
  readonly inputCid?: string | undefined;
}

export function writeAnnouncement(task: Announced): Uint8Array {
  const fields = {
    id: task.id,
    model_hash: task.modelHash,
    input_hash: task.inputHash,
    reward: task.rewardWei > U64 ? U64 : task.rewardWei,
    required_nodes: task.requiredNodes,
    deadline: task.deadline,
    chain_id: BigInt(task.chainId),
    registry: task.registry,
    registry_version: BigInt(task.registryVersion),
    reward_wei: String(task.rewardWei),
    ...(task.modelCid !== undefined && { model_cid: task.modelCid }),
    ...(task.inputCid !== undefined && { input_cid: task.inputCid }),
  };
  return new TextEncoder().encode(writeExact(exactOf(fields)));
}
