// What a transaction would do and cost, asked before anything is signed.
import { numberToHex } from "viem";
import { getBalance, getTransactionCount } from "viem/actions";
import { z } from "zod";
import type { Address } from "../core/address.ts";
import { ETHER, formatAmount } from "../core/amount.ts";
import type { Chain, ChainView, Intent } from "./chain.ts";
import { TransactionError } from "./errors.ts";
import { type Fees, marketFees } from "./fees.ts";
import { orRevert, type Revert } from "./revert.ts";

export interface Plan {
  readonly gas: bigint;
  readonly fees: Fees;
  /** The most that its gas can cost, wei. */
  readonly cost: bigint;
  /** The account's next nonce, with what waits in the RPC's pool. */
  readonly nonce: number;
}

export interface PlanOptions {
  readonly account: Address;
  readonly maxFeePerGas: bigint | undefined;
  /** The most that our transactions which are on their way can take from the account, wei. */
  readonly outstanding: bigint;
}

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,16}$/i)
  .transform(BigInt);

/** @throws TransactionError transaction_refused, funds_missing, gas_budget_spent; RpcError when no RPC can tell */
export async function planOf(chain: Pick<Chain, "read">, intent: Intent, options: PlanOptions): Promise<Plan> {
  // What the chain says is an answer, which no other RPC is asked for.
  const found = await chain.read((view) => answered(look(view, intent, options)));
  if (found instanceof TransactionError) throw found;
  return found;
}

async function answered(work: Promise<Plan>): Promise<Plan | TransactionError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TransactionError) return error;
    throw error;
  }
}

async function look(view: ChainView, intent: Intent, options: PlanOptions): Promise<Plan> {
  const { client, block } = view;
  const { account, maxFeePerGas, outstanding } = options;
  const { to, data, value = 0n, abi, spareGas = 0n } = intent;
  const balance = await getBalance(client, { address: account, blockNumber: block });
  if (balance < value) throw missing(balance, value, account);
  const call = { from: account, to, data, value: numberToHex(value) };
  const simulated = await orRevert(client.request({ method: "eth_call", params: [call, numberToHex(block)] }), abi);
  if (typeof simulated === "object") throw refused(simulated.revert);
  const estimate = await orRevert(client.request({ method: "eth_estimateGas", params: [call] }), abi);
  if (typeof estimate === "object") throw refused(estimate.revert);
  const needed = quantity.parse(estimate);
  // On Arbitrum the estimate holds the part for its data already. A fifth more, since others change the state meanwhile.
  const gas = needed + needed / 5n + spareGas;
  const fees = await marketFees(view, maxFeePerGas);
  const cost = gas * fees.maxFee;
  if (balance < value + cost + outstanding) throw missing(balance, value + cost + outstanding, account);
  const nonce = await getTransactionCount(client, { address: account, blockTag: "pending" });
  return { gas, fees, cost, nonce };
}

function refused({ reason }: Revert): TransactionError {
  const message = `the contract refuses it: ${reason ?? "it gives no reason"}`;
  return new TransactionError("transaction_refused", message, { reason });
}

function missing(balance: bigint, needed: bigint, account: Address): TransactionError {
  const message = `${account} has ${formatAmount(balance, ETHER)} ETH, and ${formatAmount(needed, ETHER)} ETH may be needed`;
  return new TransactionError("funds_missing", message, { hint: `Send ETH to ${account}.` });
}
