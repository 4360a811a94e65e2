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
  return known(await fromContract("Router", router, view, read), `${functionName}()`, view, router);
}

/** Where the providers of a model stake. @throws ContractError as above */
export async function stakingAddress(view: ChainView, router: Address, modelId: bigint): Promise<Address> {
  const asked = { address: router, abi: routerAbi, blockNumber: view.block } as const;
  const read = readContract(view.client, { ...asked, functionName: "providerStaking", args: [modelId] });
  const asking = `the network has no model ${modelId}, or no staking for it: providerStaking(${modelId})`;
  return known(await fromContract("Router", router, view, read), asking, view, router);
}

function known(answer: string, asked: string, { chainId }: ChainView, router: Address): Address {
  const found = parseAddress(answer);
  if (found && BigInt(found) !== 0n) return found;
  throw new ContractError(
    "contract_not_set",
    503,
    `${asked} of the Router ${router} on chain ${chainId} is the zero address`,
    { hint: "The network's owner has not set it; check registry.routerSmartContractAddress." },
  );
}
