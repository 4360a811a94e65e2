// Who has text tasks done on OARN: stores what they need, pays, and lets two other nodes agree with ours; then reads what came of it.
import { parseAbiItem } from "viem";
import { z } from "zod";
import type { Address, Hex } from "../../../src/core/address.ts";
import { cidHash, resultHash } from "../../../src/networks/oarn/hashes.ts";
import type { IpfsApi } from "../../fakes/ipfs-api.ts";
import { NODES, type OarnWorld } from "./world.ts";

interface Asked {
  readonly id: bigint;
  readonly hash: Hex;
  state: "open" | "delivered" | "decided";
}

const results = z.array(z.object({ node: z.string(), resultHash: z.string() }));
const paidEvent = parseAbiItem(
  "event RewardDistributed(uint256 indexed taskId, address indexed node, uint256 amount, bool matchedConsensus)",
);

export class OarnRequester {
  readonly #world: OarnWorld;
  readonly #ipfs: IpfsApi;
  readonly #node: Address;
  readonly asked: Asked[] = [];

  constructor(world: OarnWorld, ipfs: IpfsApi, node: Address) {
    this.#world = world;
    this.#ipfs = ipfs;
    this.#node = node;
  }

  open(): number {
    return this.asked.filter(({ state }) => state === "open").length;
  }

  async ask(model: string, prompt: string, answer: string): Promise<void> {
    const store = async (text: string) => String(await this.#ipfs.blocks.add(new TextEncoder().encode(text)));
    const [modelCid, inputCid] = [await store(model), await store(prompt)];
    const requirements = JSON.stringify({ framework: "text", model, model_cid: modelCid, input_cid: inputCid });
    const wish = { modelHash: cidHash(modelCid), inputHash: cidHash(inputCid), requirements };
    const id = await this.#world.submitV2(wish);
    this.asked.push({ id, hash: resultHash(new TextEncoder().encode(answer)), state: "open" });
  }

  /** The others deliver what is right, where ours has delivered: the last of them has everybody paid. */
  async decide(): Promise<void> {
    for (const one of this.asked) {
      if (one.state !== "open" || (await this.#ofNode(one.id)).length === 0) continue;
      one.state = "delivered";
      for (const other of NODES.slice(1)) {
        await this.#world.write("TaskRegistryV2", this.#world.v2, "claimTask", [one.id], other);
        await this.#world.write("TaskRegistryV2", this.#world.v2, "submitResult", [one.id, one.hash], other);
      }
      one.state = "decided";
    }
  }

  /** Of each task, by its number: what the chain says was sent to this node. */
  async paid(): Promise<Map<string, bigint>> {
    const logs = await this.#world.client.getLogs({
      address: this.#world.v2,
      event: paidEvent,
      args: { node: this.#node },
      fromBlock: 0n,
      strict: true,
    });
    const events = logs.map(({ args }) => args);
    return new Map(events.map(({ taskId, amount }) => [String(taskId), amount]));
  }

  /** What must hold of those that have settled, in words where it does not. */
  async faults(isSettled: (id: bigint) => boolean): Promise<string[]> {
    const said: string[] = [];
    for (const { id, hash } of this.asked) {
      const ours = await this.#ofNode(id);
      const expected = isSettled(id) ? 1 : ours.length;
      if (ours.length !== expected || ours.length > 1) said.push(`task ${id}: ${ours.length} results`);
      if (ours.some(({ resultHash: given }) => given !== hash)) said.push(`task ${id}: another answer`);
    }
    return said;
  }

  async #ofNode(id: bigint) {
    const abi = this.#world.contract("TaskRegistryV2").abi;
    const call = { address: this.#world.v2, abi, functionName: "getTaskResults", args: [id] } as const;
    const all = results.parse(await this.#world.client.readContract(call));
    return all.filter(({ node }) => node.toLowerCase() === this.#node);
  }
}
