// Why a transaction failed that is in a block: its gas is spent, and a receipt gives no reason.
import { numberToHex } from "viem";
import type { Address } from "../core/address.ts";
import type { Mined } from "../core/transactions.ts";
import type { Intent } from "./chain.ts";
import { TransactionError } from "./errors.ts";
import { orRevert } from "./revert.ts";
import type { Rpc } from "./rpc.ts";

/** The reason is what the same call gives before the block that it failed in; some RPCs have forgotten that. */
export async function failureOf(
  rpc: Rpc,
  from: Address,
  { to, data, value = 0n, abi }: Intent,
  { hash, block }: Mined,
): Promise<TransactionError> {
  const call = { from, to, data, value: numberToHex(value) };
  const again = rpc.read(({ client }) =>
    orRevert(client.request({ method: "eth_call", params: [call, numberToHex(block - 1n)] }), abi),
  );
  const result = await again.catch(() => undefined);
  const reason = typeof result === "object" ? result.revert.reason : undefined;
  const message = `transaction ${hash} failed in its block: ${reason ?? "its gas ran out, or the state had changed"}`;
  return new TransactionError("transaction_failed", message, { reason });
}
