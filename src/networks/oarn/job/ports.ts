// What the steps of a job work with, and the few things that several of them ask.
import { getBlock } from "viem/actions";
import type { Chain, ChainView } from "../../../chain/chain.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Earnings } from "../../../core/earnings.ts";
import type { Log } from "../../../core/log.ts";
import type { NetworkState } from "../../../core/network-state.ts";
import type { Ipfs } from "../../../ipfs/ipfs.ts";
import { OarnError } from "../errors.ts";
import type { TaskRegistry } from "../registry/registry.ts";
import type { Task } from "../registry/task.ts";
import type { Content } from "../tasks/content.ts";
import type { AnswerPorts } from "./answer.ts";
import type { OarnFacts } from "./facts.ts";

export interface StepPorts {
  /** @throws OarnError while the network is not found yet */
  world(): World;
  readonly content: Content;
  readonly ipfs: Ipfs;
  readonly answer: AnswerPorts;
  /** Why the node does not want that task, now; undefined: it does. */
  against(registry: TaskRegistry, task: Task, now: bigint, held: boolean): string | undefined;
  readonly state: NetworkState;
  readonly earnings: Earnings;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Milliseconds between looks at what was delivered. */
  readonly settleMs: number;
  /** Milliseconds after which a job of which nothing came is looked after no more. */
  readonly patienceMs: number;
  /** What a claim and a submission would cost, wei. @throws TransactionError when there is not enough for both of them */
  cost(registry: TaskRegistry, id: bigint, requiredNodes: bigint): Promise<bigint>;
  /** Wei that must be left of a reward. */
  readonly minReward: bigint;
}

export interface World {
  readonly chain: Chain;
  readonly registries: readonly TaskRegistry[];
}

export interface Subject {
  readonly chain: Chain;
  readonly registry: TaskRegistry;
  readonly id: bigint;
}

/** @throws OarnError when the job's registry is no longer configured: a try later, not an end */
export function subjectOf(facts: OarnFacts, { chain, registries }: World): Subject {
  const registry = registries.find(
    ({ chainId, address }) => chainId === facts.chainId && address === facts.registry && chain.chainId === chainId,
  );
  if (registry) return { chain, registry, id: BigInt(facts.task) };
  throw new OarnError("oarn_registry", 503, `${facts.registry} on chain ${facts.chainId} is not among the registries`, {
    hint: "Name it again in networks.oarn.blockchain.contracts until its jobs have ended.",
  });
}

export interface Standing {
  readonly task: Task | undefined;
  readonly claimed: boolean;
  readonly submitted: boolean;
  /** Unix seconds, of the block. */
  readonly now: bigint;
}

/** All of it at one block. */
export async function standingOf(
  { registry, id }: Subject,
  view: ChainView,
  node: Chain["account"],
): Promise<Standing> {
  const [task, claimed, submitted, now] = await Promise.all([
    registry.task(view, id),
    registry.hasClaimed(view, id, node),
    registry.hasSubmitted(view, id, node),
    blockTime(view),
  ]);
  return { task, claimed, submitted, now };
}

export async function blockTime(view: ChainView): Promise<bigint> {
  const { timestamp } = await getBlock(view.client, { blockNumber: view.block, includeTransactions: false });
  return timestamp;
}
