// Which chain the registries are on.
import { BASE_SEPOLIA, type Config } from "../src/config/schema.ts";
import { parseAddress } from "../src/core/address.ts";

/** A configured chain id; Base Sepolia's with its Router, which is the default; else none. */
export function expectedChainId({ chainId, routerSmartContractAddress }: Config["registry"]): number | undefined {
  const isDefault = routerSmartContractAddress === parseAddress(BASE_SEPOLIA.router);
  return chainId ?? (isDefault ? BASE_SEPOLIA.chainId : undefined);
}
