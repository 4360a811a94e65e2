// Where the registries are: the Router is asked at the block of each poll, so that a moved registry is followed.
import { readContract } from "viem/actions";
import type { ChainView } from "../src/chain/chain.ts";
import { type Address, parseAddress } from "../src/core/address.ts";
import { routerAbi } from "./abi/router.ts";
import { ContractError, fromContract } from "./contract.ts";

/** @throws ContractError when there is no Router, or it knows no such registry */
export async function registryAddress(
  view: ChainView,
  router: Address,
  functionName: "gatewayRegistry" | "providerRegistry",
): Promise<Address> {
  const read = readContract(view.client, { address: router, abi: routerAbi, functionName, blockNumber: view.block });
  const found = parseAddress(await fromContract("Router", router, view, read));
  if (found && BigInt(found) !== 0n) return found;
  throw new ContractError(
    "contract_not_set",
    503,
    `${functionName}() of the Router ${router} on chain ${view.chainId} is the zero address`,
    { hint: "The network's owner has not set it; check registry.routerSmartContractAddress." },
  );
}
