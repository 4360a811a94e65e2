// What this node calls of Blindference's contracts and of CoFHE's, with the errors that they may answer.
import { parseAbi, parseAbiItem } from "viem";

export const nodeRegistryAbi = parseAbi([
  "struct Node { address operator; uint8 tier; bytes32 attestationHash; uint64 registeredAt; uint64 lastHeartbeat; uint64 attestationExpires; bool active; string[] models; uint256 stake; }",
  "function register(uint8 tier, bytes32 attestationHash, uint64 attestationExpires, string[] models) payable returns (bool)",
  "function heartbeat()",
  "function isActive(address node) view returns (bool)",
  "function getNode(address node) view returns (Node node)",
  "function heartbeatGraceSeconds() view returns (uint64)",
  "function minStake() view returns (uint256)",
  "function isAuthorizedICL(address addr) view returns (bool)",
  "function owner() view returns (address)",
]);

export const stakingAbi = parseAbi([
  "struct StakeInfo { uint256 staked; uint256 unbonding; uint256 unbondingAvailableAt; uint256 consecutiveFailures; bool active; }",
  "function blindToken() view returns (address)",
  "function stake(uint256 amount)",
  "function initiateUnstake()",
  "function completeUnstake()",
  "function getStakeInfo(address node) view returns (StakeInfo info)",
  "function MIN_STAKE() view returns (uint256)",
  "error SafeERC20FailedOperation(address token)",
  "error ReentrancyGuardReentrantCall()",
]);

export const tokenAbi = parseAbi([
  "function approve(address spender, uint256 value) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
]);

export const promptKeyStoreAbi = parseAbi([
  "struct Encrypted { uint256 ctHash; uint8 securityZone; uint8 utype; bytes signature; }",
  "function storeKey(bytes32 jobId, Encrypted encHigh, Encrypted encLow, address[] allowedNodes)",
  "function getEncryptedKey(bytes32 jobId) view returns (uint256, uint256)",
  "function icl() view returns (address)",
  "error InvalidEncryptedInput(uint8 got, uint8 expected)",
]);

export const attestationRegistryAbi = parseAbi([
  "function commit(address node, bytes32 attestationType, bytes32 documentHash, address counterparty, uint64 effectiveAt, uint64 expiresAt, bytes signature)",
  "function hasValid(address node, bytes32 attestationType, address counterparty) view returns (bool)",
  "error InvalidWindow()",
  "error AttestationExpired()",
  "error InvalidSignature()",
  "error AttestationNotFound()",
]);

export const committedEvent = parseAbiItem(
  "event AttestationCommitted(address indexed node, bytes32 indexed attestationType, address indexed counterparty, bytes32 documentHash, uint64 effectiveAt, uint64 expiresAt)",
);

export const cofheAbi = parseAbi([
  "function acl() view returns (address)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);
