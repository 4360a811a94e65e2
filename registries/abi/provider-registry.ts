// What we read of the ProviderRegistry.
import { parseAbi } from "viem";

export const providerRegistryAbi = parseAbi([
  "struct Provider { address owner; bytes id; uint256 modelId; uint256 registeredAt; string metadata; bool paused; }",
  // Nonpayable on the chain; `view` here because it is only ever called with eth_call.
  "function getActiveProvidersLive() view returns (Provider[])",
  "function getProvider(bytes id) view returns (Provider)",
  "function active(bytes id) view returns (bool)",
  "function getProviderIdsByOwner(address owner) view returns (bytes[])",
]);
