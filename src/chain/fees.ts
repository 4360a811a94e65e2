// What gas costs: EIP-1559 fees as the chain has them now, and raised ones for a transaction that is stuck.
import { getBlock } from "viem/actions";
import { z } from "zod";
import { ETHER, formatAmount, GWEI } from "../core/amount.ts";
import type { ChainView } from "./chain.ts";
import { TransactionError } from "./errors.ts";
import { RpcError, within } from "./rpc-errors.ts";

/** Wei for each gas. */
export interface Fees {
  readonly maxFee: bigint;
  readonly priorityFee: bigint;
}

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/i)
  .transform(BigInt);

/** Twice the base fee, so that a transaction stays good while it rises. @param bound the most for each gas @throws TransactionError gas_budget_spent */
export async function marketFees(view: ChainView, bound: bigint | undefined): Promise<Fees> {
  const { baseFeePerGas } = await getBlock(view.client, { blockNumber: view.block });
  if (baseFeePerGas === null) throw new RpcError("rpc_failed", 503, "the chain has no base fee: EIP-1559 is needed");
  const priority = await priorityFee(view, baseFeePerGas);
  const least = baseFeePerGas + priority;
  if (bound !== undefined && least > bound)
    throw new TransactionError(
      "gas_budget_spent",
      `gas costs ${formatAmount(least, GWEI)} gwei now, the bound is ${formatAmount(bound, GWEI)}`,
      {
        hint: "Wait until gas is cheaper, or raise maxFeePerGas.",
      },
    );
  const wanted = 2n * baseFeePerGas + priority;
  return { maxFee: bound !== undefined && wanted > bound ? bound : wanted, priorityFee: priority };
}

/** A tenth of the base fee where the RPC suggests none. */
async function priorityFee({ client }: ChainView, baseFee: bigint): Promise<bigint> {
  try {
    return quantity.parse(await client.request({ method: "eth_maxPriorityFeePerGas" }));
  } catch (error) {
    if (within(error, RpcError)?.code !== "rpc_refused") throw error;
    return baseFee / 10n;
  }
}

/**
 * Nodes take a replacement when both of its fees are 10 % higher; some want 12.5 %. Beyond that to the market's, as far as the
 * bound allows. @param bound the most for each gas @throws TransactionError gas_budget_spent
 */
export function raised(old: Fees, market: Fees, bound: bigint | undefined): Fees {
  const up = (fee: bigint) => (fee * 1125n) / 1000n + 1n;
  const larger = (a: bigint, b: bigint) => (a > b ? a : b);
  const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
  const least = up(old.maxFee);
  if (bound !== undefined && least > bound)
    throw new TransactionError("gas_budget_spent", "it would pass maxFeePerGas");
  const maxFee = larger(least, bound === undefined ? market.maxFee : smaller(market.maxFee, bound));
  return { maxFee, priorityFee: smaller(larger(up(old.priorityFee), market.priorityFee), maxFee) };
}

/** @throws TransactionError gas_budget_spent when a day's transactions would cost more than they may */
export function withinDay(cost: bigint, spent: bigint, perDay: bigint): void {
  if (cost + spent <= perDay) return;
  throw new TransactionError(
    "gas_budget_spent",
    `it may cost ${formatAmount(cost, ETHER)} ETH, and ${formatAmount(spent, ETHER)} of ${formatAmount(perDay, ETHER)} ETH for 24 hours are spent`,
    { hint: "Wait, or raise gasPerDay." },
  );
}
