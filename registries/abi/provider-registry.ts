// What we read of the ProviderRegistry, and what a provider asks of it.
import { parseAbi } from "viem";

export const providerRegistryAbi = parseAbi([
  "struct Provider { address owner; bytes id; uint256 modelId; uint256 registeredAt; string metadata; bool paused; }",
  // Nonpayable on the chain; `view` here because it is only ever called with eth_call.
  "function getActiveProvidersLive() view returns (Provider[])",
  "function getProvider(bytes id) view returns (Provider)",
  "function active(bytes id) view returns (bool)",
  "function getProviderIdsByOwner(address owner) view returns (bytes[])",
  "function active(bytes id) view returns (bool)",
  "function FUNC() view returns (address)",
  "function register(bytes id, uint256 modelId, string metadata)",
  "function registerAndStake(bytes id, uint256 modelId, string metadata)",
  "function updateMetadata(bytes id, string metadata)",
  "function pause(bytes id)",
  "function unpause(bytes id)",
  "function claimRewardsCluster(uint256 fromEpoch, uint256 toEpoch) returns (bytes[], bytes[])",
]);
