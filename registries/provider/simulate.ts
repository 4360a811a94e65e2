// Calls tried one after the other on a copy of the latest block (eth_simulateV1): what each would do, and move.
import { z } from "zod";
import type { ChainView } from "../../src/chain/chain.ts";
import { reasonOf } from "../../src/chain/revert.ts";
import { RpcError } from "../../src/chain/rpc-errors.ts";
import { type Address, type Hex, parseAddress } from "../../src/core/address.ts";
import type { Call } from "./calls.ts";
import { type EventLog, type Moved, movedBy } from "./transfers.ts";

export interface Simulated {
  readonly success: boolean;
  /** Why not, in the contract's words; undefined: it gave none. */
  readonly reason: string | undefined;
  readonly gas: bigint;
  readonly moved: Moved;
}

export interface SimulatedAs {
  readonly account: Address;
  readonly func: Address | undefined;
}

const hex = z.custom<Hex>((text) => typeof text === "string" && text.length <= 200_000 && /^0x[0-9a-f]*$/i.test(text));
const log = z.object({ address: z.string(), topics: z.array(hex).max(4), data: hex });
const outcome = z.object({
  status: hex,
  returnData: hex,
  gasUsed: hex.transform(BigInt),
  logs: z.array(log).max(1000).default([]),
});
const answer = z.tuple([z.object({ calls: z.array(outcome).max(16) })]);

type Reads = { read<T>(work: (view: ChainView) => Promise<T>): Promise<T> };

/** undefined: no RPC can simulate. Fees play no part in it, so that an account without ETH can be told more than that. */
export async function simulate(
  chain: Reads,
  calls: readonly Call[],
  as: SimulatedAs,
): Promise<readonly Simulated[] | undefined> {
  try {
    return await chain.read((view) => simulateAt(view, calls, as));
  } catch (error) {
    // An RPC that knows no such question says so in many ways. One that is down is found to be by what is asked next.
    if (error instanceof RpcError) return undefined;
    throw error;
  }
}

async function simulateAt(view: ChainView, calls: readonly Call[], { account, func }: SimulatedAs) {
  const asked = calls.map(({ to, data }) => ({ from: account, to, data }));
  const given: unknown = await view.client.request({
    method: "eth_simulateV1",
    params: [{ blockStateCalls: [{ calls: asked }] }, `0x${view.block.toString(16)}`],
  });
  const [block] = answer.parse(given);
  if (block.calls.length !== calls.length)
    throw new Error("eth_simulateV1 gave another number of results than of calls");
  return block.calls.map(({ status, returnData, gasUsed, logs }, i): Simulated => {
    const success = BigInt(status) === 1n;
    const reason = success ? undefined : reasonOf(returnData, calls[i]?.abi);
    return { success, reason, gas: gasUsed, moved: movedBy(logs.flatMap(eventLog), func, account) };
  });
}

function eventLog({ address, topics, data }: z.output<typeof log>): EventLog[] {
  const from = parseAddress(address);
  return from ? [{ address: from, topics, data }] : [];
}
