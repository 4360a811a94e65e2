// What we read of the Router: where the other contracts are.
import { parseAbi } from "viem";

export const routerAbi = parseAbi([
  "function gatewayRegistry() view returns (address)",
  "function providerRegistry() view returns (address)",
  "function providerStaking(uint256 modelId) view returns (address)",
]);
