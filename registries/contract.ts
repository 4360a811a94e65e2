// A contract that is not where it should be, told by address and chain.
import { ContractFunctionZeroDataError } from "viem";
import type { ChainView } from "../src/chain/chain.ts";
import { within } from "../src/chain/rpc-errors.ts";
import type { Address } from "../src/core/address.ts";
import { FxnError } from "../src/core/errors.ts";

export type ContractCode = "contract_missing" | "contract_not_set";

export class ContractError extends FxnError<ContractCode> {}

/** Awaits a read of a contract; one that returns nothing at all is not that contract. */
export async function fromContract<T>(name: string, address: Address, view: ChainView, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!within(error, ContractFunctionZeroDataError)) throw error;
    throw new ContractError("contract_missing", 503, `there is no ${name} at ${address} on chain ${view.chainId}`, {
      hint: "Check registry.routerSmartContractAddress, and that the RPC is on the right chain.",
    });
  }
}
