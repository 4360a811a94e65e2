// What we read of the GatewayRegistry.
import { parseAbi } from "viem";

export const gatewayRegistryAbi = parseAbi([
  "struct Gateway { address owner; bytes id; uint256 registeredAt; string metadata; bool paused; }",
  // Nonpayable on the chain; `view` here because it is only ever called with eth_call.
  "function getActiveGatewaysLive() view returns (Gateway[])",
]);
