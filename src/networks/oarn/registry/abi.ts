// What this node calls and hears of OARN's contracts.
import { parseAbi } from "viem/utils";

/** Alike in both versions: so it is always said which contract is meant. */
export const sharedAbi = parseAbi([
  "function taskCount() view returns (uint256)",
  "function hasClaimedTask(uint256 taskId, address node) view returns (bool)",
  "function hasSubmittedResult(uint256 taskId, address node) view returns (bool)",
  "function claimTask(uint256 taskId)",
  "function submitResult(uint256 taskId, bytes32 resultHash)",
  "function minRewardPerNode() view returns (uint256)",
  "function paused() view returns (bool)",
  // The last field is a consensus type in V2 and a mode in V1.
  "event TaskCreated(uint256 indexed taskId, address indexed requester, bytes32 modelHash, uint256 rewardPerNode, uint256 requiredNodes, uint8 kind)",
  "event TaskFunded(uint256 indexed taskId, address indexed funder, uint256 fundingAmount, uint256 newRewardPerNode)",
  "event ResultSubmitted(uint256 indexed taskId, address indexed node, bytes32 resultHash)",
]);

export const v2Abi = parseAbi([
  "function tasks(uint256 taskId) view returns (uint256 id, address requester, bytes32 modelHash, bytes32 inputHash, string modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 claimedCount, uint256 submittedCount, uint256 deadline, uint8 status, uint8 consensusType, uint256 createdAt, bytes32 consensusResult)",
  "function submitTask(bytes32 modelHash, bytes32 inputHash, string modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 deadline, uint8 consensusType) payable returns (uint256 taskId)",
  "function fundTask(uint256 taskId) payable",
  "struct NodeResult { address node; bytes32 resultHash; uint256 submittedAt; bool matchesConsensus; bool rewarded; }",
  "function getTaskResults(uint256 taskId) view returns (NodeResult[])",
  "function getConsensusStatus(uint256 taskId) view returns (bytes32 winningHash, uint256 winningCount, uint256 totalSubmissions, bool reached, uint256 uniqueResults)",
  "function majorityThreshold() view returns (uint256)",
  "function superMajorityThreshold() view returns (uint256)",
  "function didNodeMatchConsensus(uint256 taskId, address node) view returns (bool)",
  "event RewardDistributed(uint256 indexed taskId, address indexed node, uint256 amount, bool matchedConsensus)",
]);

export const v1Abi = parseAbi([
  "function submitTask(bytes32 modelHash, bytes32 inputHash, string modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 deadline) payable returns (uint256 taskId)",
  "function cancelTask(uint256 taskId)",
  "function expireTask(uint256 taskId)",
  "function tasks(uint256 taskId) view returns (uint256 id, address requester, bytes32 modelHash, bytes32 inputHash, string modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 completedNodes, uint256 deadline, uint8 status, uint8 mode, uint256 createdAt)",
  "event RewardDistributed(uint256 indexed taskId, address indexed node, uint256 amount)",
]);

export const directoryAbi = parseAbi([
  "function getCoreContracts() view returns (address taskRegistry, address tokenReward, address validatorRegistry, address governance, address govToken)",
  "function getCoreContractsV2() view returns (address taskRegistry, address taskRegistryV2, address tokenReward, address validatorRegistry, address governance, address govToken)",
  "struct RPCProvider { string endpoint; string onionEndpoint; address owner; uint256 stake; uint256 registeredAt; uint256 lastHeartbeat; uint256 uptime; uint256 reportCount; bool isActive; }",
  "struct BootstrapNode { string peerId; string multiaddr; string onionAddress; string i2pAddress; address owner; uint256 stake; uint256 registeredAt; uint256 lastHeartbeat; bool isActive; }",
  "function getActiveRPCProviders() view returns (RPCProvider[])",
  "function getActiveBootstrapNodes() view returns (BootstrapNode[])",
  "function rpcProviderCount() view returns (uint256)",
  "function bootstrapNodeCount() view returns (uint256)",
  "function rpcProviders(uint256) view returns (string endpoint, string onionEndpoint, address owner, uint256 stake, uint256 registeredAt, uint256 lastHeartbeat, uint256 uptime, uint256 reportCount, bool isActive)",
  "function bootstrapNodes(uint256) view returns (string peerId, string multiaddr, string onionAddress, string i2pAddress, address owner, uint256 stake, uint256 registeredAt, uint256 lastHeartbeat, bool isActive)",
]);

export const ensAbi = parseAbi([
  "function resolver(bytes32 node) view returns (address)",
  "function addr(bytes32 node) view returns (address)",
  "function text(bytes32 node, string key) view returns (string)",
]);

/** Custom errors that a call of ours can meet. */
export const errorsAbi = parseAbi([
  "error EnforcedPause()",
  "error ExpectedPause()",
  "error ReentrancyGuardReentrantCall()",
  "error OwnableUnauthorizedAccount(address account)",
  "error OwnableInvalidOwner(address owner)",
]);
