// A transaction of the running node: one that failed in its block, or whose place another wallet took, is made anew.
import type { Chain, Intent, Receipt } from "../../chain/chain.ts";
import { TransactionError } from "../../chain/errors.ts";
import type { NetworkState } from "../../core/network-state.ts";

const FAILED = "failed-deed";

export interface DeedPorts {
  readonly chain: Pick<Chain, "send">;
  readonly state: NetworkState;
}

/**
 * Once, whatever happens between; but the chain client keeps how a deed ended for ever, so that the next try of one that
 * failed is another deed. Only for what may be done twice. @throws TransactionError
 */
export async function carryOut({ chain, state }: DeedPorts, intent: Intent, signal: AbortSignal): Promise<Receipt> {
  const { key } = intent;
  const failed = Number(state.get(FAILED, key)?.value ?? 0);
  const name = failed === 0 ? key : `${key}/again-${failed}`;
  try {
    return await chain.send({ ...intent, key: name, again: async () => true }, signal);
  } catch (error) {
    if (error instanceof TransactionError && error.code === "transaction_failed") {
      state.set(FAILED, key, String(failed + 1));
    }
    throw error;
  }
}
