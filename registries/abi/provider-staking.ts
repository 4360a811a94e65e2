// What a provider asks of the ProviderStaking of its model.
import { parseAbi } from "viem";

export const providerStakingAbi = parseAbi([
  "function stakeForProvider(bytes id)",
  "function unstakeProvider(bytes id)",
  "function claimRewards(bytes id, uint256 fromEpoch, uint256 toEpoch)",
]);
