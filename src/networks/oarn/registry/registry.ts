// A task registry at its address: what both versions have in common, and what each says of itself.
import type { Log } from "viem";
import { getContractEvents, readContract } from "viem/actions";
import { encodeFunctionData, parseEventLogs } from "viem/utils";
import type { ChainView, Receipt } from "../../../chain/chain.ts";
import type { Address, Hex } from "../../../core/address.ts";
import { sharedAbi } from "./abi.ts";
import type { NewTask, Task } from "./task.ts";

export interface Payment {
  readonly transaction: Hex;
  readonly block: bigint;
  /** Wei. */
  readonly amount: bigint;
}

/** What the versions do not share. */
export interface Version {
  readonly number: 1 | 2;
  task(view: ChainView, address: Address, id: bigint): Promise<Task | undefined>;
  /** The payment to that node, in those blocks. */
  payment(view: ChainView, address: Address, id: bigint, node: Address, blocks: Blocks): Promise<Payment | undefined>;
  /** undefined: in this version nobody is judged. */
  matched(view: ChainView, address: Address, id: bigint, node: Address): Promise<boolean | undefined>;
  /** Gas of an ordinary submission; the one that closes a task pays for everyone's payout. */
  readonly submitGas: bigint;
  readonly leastNodes: bigint;
  newTaskData(task: NewTask): Hex;
  /** undefined: in this version a task's reward stays as it was. */
  readonly fundData: ((id: bigint) => Hex) | undefined;
  /** How its ETH is got out of a task before it is completed; undefined: not at all. */
  readonly endData: Readonly<Record<TaskEnd, (id: bigint) => Hex>> | undefined;
}

/** cancel: by its requester, before the first claim. expire: by anybody, after its deadline. */
export type TaskEnd = "cancel" | "expire";

export interface Blocks {
  readonly from: bigint;
  readonly to: bigint;
}

/** Most RPCs answer for so many at once. */
const MOST_BLOCKS = 5000n;
/** The strictest ones. */
const FEWEST_BLOCKS = 5n;

export class TaskRegistry {
  readonly chainId: number;
  readonly address: Address;
  readonly version: Version;

  constructor(chainId: number, address: Address, version: Version) {
    this.chainId = chainId;
    this.address = address;
    this.version = version;
  }

  /** Several registries may have a task of one number: all of it names one. */
  key(id: bigint): string {
    return `${this.chainId}/${this.address}/${id}`;
  }

  get name(): string {
    return `${this.address} (V${this.version.number})`;
  }

  count(view: ChainView): Promise<bigint> {
    return readContract(view.client, { ...this.#at(view), functionName: "taskCount" });
  }

  paused(view: ChainView): Promise<boolean> {
    return readContract(view.client, { ...this.#at(view), functionName: "paused" });
  }

  /** Wei: a task that pays less is refused. */
  minReward(view: ChainView): Promise<bigint> {
    return readContract(view.client, { ...this.#at(view), functionName: "minRewardPerNode" });
  }

  /** undefined: there is no such task. */
  task(view: ChainView, id: bigint): Promise<Task | undefined> {
    return this.version.task(view, this.address, id);
  }

  hasClaimed(view: ChainView, id: bigint, node: Address): Promise<boolean> {
    return readContract(view.client, { ...this.#at(view), functionName: "hasClaimedTask", args: [id, node] });
  }

  hasSubmitted(view: ChainView, id: bigint, node: Address): Promise<boolean> {
    return readContract(view.client, { ...this.#at(view), functionName: "hasSubmittedResult", args: [id, node] });
  }

  /** undefined: the version judges nobody. */
  matched(view: ChainView, id: bigint, node: Address): Promise<boolean | undefined> {
    return this.version.matched(view, this.address, id, node);
  }

  /** Tasks that were made or given more since. */
  async changed(view: ChainView, from: bigint): Promise<readonly bigint[]> {
    const ids = new Set<bigint>();
    await eachSpan(from, view.block, async (blocks) => {
      const where = { address: this.address, abi: sharedAbi, fromBlock: blocks.from, toBlock: blocks.to } as const;
      const made = await getContractEvents(view.client, { ...where, eventName: "TaskCreated" });
      const funded = await getContractEvents(view.client, { ...where, eventName: "TaskFunded" });
      for (const { args } of [...made, ...funded]) if (args.taskId !== undefined) ids.add(args.taskId);
      return false;
    });
    return [...ids];
  }

  /** What that node was paid for that task, since a block. */
  async payment(view: ChainView, id: bigint, node: Address, from: bigint): Promise<Payment | undefined> {
    let found: Payment | undefined;
    await eachSpan(from, view.block, async (blocks) => {
      found = await this.version.payment(view, this.address, id, node, blocks);
      return found !== undefined;
    });
    return found;
  }

  claimData(id: bigint): Hex {
    return encodeFunctionData({ abi: sharedAbi, functionName: "claimTask", args: [id] });
  }

  submitData(id: bigint, hash: Hex): Hex {
    return encodeFunctionData({ abi: sharedAbi, functionName: "submitResult", args: [id, hash] });
  }

  /** Of the task that this transaction made: a count would be wrong when two are made at once. */
  createdBy({ logs }: Receipt): bigint | undefined {
    return this.#events(logs, "TaskCreated")[0]?.args.taskId;
  }

  /** What a task pays since that transaction, wei. */
  fundedBy({ logs }: Receipt): bigint | undefined {
    return this.#events(logs, "TaskFunded")[0]?.args.newRewardPerNode;
  }

  #events<Name extends "TaskCreated" | "TaskFunded">(logs: Receipt["logs"], eventName: Name) {
    const own = logs.filter(({ address }) => address.toLowerCase() === this.address);
    return parseEventLogs({ abi: sharedAbi, eventName, logs: own.map(asLog) });
  }

  #at(view: ChainView) {
    return { address: this.address, abi: sharedAbi, blockNumber: view.block } as const;
  }
}

/** Until one says that it has found what is looked for. An RPC that refuses as many blocks is asked for fewer. */
async function eachSpan(from: bigint, to: bigint, ask: (blocks: Blocks) => Promise<boolean>): Promise<void> {
  let size = MOST_BLOCKS;
  for (let at = from; at <= to; ) {
    const end = at + size - 1n < to ? at + size - 1n : to;
    try {
      if (await ask({ from: at, to: end })) return;
      at = end + 1n;
    } catch (error) {
      if (size <= FEWEST_BLOCKS) throw error;
      size /= 10n;
    }
  }
}

/** The rest of a log tells where it stands, which decoding does not look at. */
function asLog({ address, topics: [first, ...rest], data }: Receipt["logs"][number]): Log {
  const nowhere = { blockHash: null, blockNumber: null, logIndex: null, transactionHash: null, transactionIndex: null };
  return { ...nowhere, address, topics: first === undefined ? [] : [first, ...rest], data, removed: false };
}
