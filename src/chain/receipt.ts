// A receipt as an RPC gives it, read with care, and what it says of a transaction of ours.
import { z } from "zod";
import { type Address, type Hex, parseAddress } from "../core/address.ts";
import type { Attempt, Mined, StoredTransaction } from "../core/transactions.ts";
import type { ChainView } from "./chain.ts";
import { RpcError } from "./rpc-errors.ts";

const MAX_LOGS = 1000;
const MAX_DATA = 200_000;

const hex = z.custom<Hex>((text) => typeof text === "string" && text.length <= MAX_DATA && /^0x[0-9a-f]*$/i.test(text));
const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/i)
  .transform(BigInt);
const address = z.string().transform((text, ctx): Address => {
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  ctx.issues.push({ code: "custom", input: text, message: "expected an address" });
  return z.NEVER;
});

const receipt = z.object({
  transactionHash: hex,
  from: address,
  status: quantity,
  blockNumber: quantity,
  blockHash: hex,
  gasUsed: quantity,
  effectiveGasPrice: quantity,
  /** Of chains that charge for their data apart. */
  l1Fee: quantity.optional().catch(undefined),
  logs: z.array(z.object({ address, topics: z.array(hex).max(4), data: hex })).max(MAX_LOGS),
});

/**
 * undefined: it is in no block that this RPC knows.
 * @throws RpcError when the RPC gives something else, or what cannot be: a block that it does not have, or more gas than
 * was signed for. A node would hold all RPCs for late by such a block, and its day's gas for spent by such a cost.
 */
export async function minedAt(
  { client, block }: ChainView,
  { hash, maxFee }: Attempt,
  { gas }: Pick<StoredTransaction, "gas">,
  account: Address,
): Promise<Mined | undefined> {
  const answer: unknown = await client.request({ method: "eth_getTransactionReceipt", params: [hash] });
  if (answer === null) return undefined;
  const parsed = receipt.safeParse(answer);
  if (!parsed.success || parsed.data.transactionHash !== hash || parsed.data.from !== account)
    throw untrue("no receipt of this transaction");
  const { status, blockNumber, blockHash, gasUsed, effectiveGasPrice, l1Fee = 0n, logs } = parsed.data;
  if (blockNumber > block) throw untrue(`a receipt of block ${blockNumber}, and it has come to ${block}`);
  if (gasUsed > gas || effectiveGasPrice > maxFee) throw untrue("a receipt of more gas than was signed for");
  const cost = gasUsed * effectiveGasPrice + l1Fee;
  return { hash, block: blockNumber, blockHash, success: status === 1n, cost, logs };
}

function untrue(what: string): RpcError {
  return new RpcError("rpc_failed", 503, `eth_getTransactionReceipt gave ${what}`);
}
