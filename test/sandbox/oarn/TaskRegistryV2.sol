// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Pausable} from "Base.sol";

/// Tasks whose nodes are paid when enough of them agree. Follows the documented rules of the network's contract.
contract TaskRegistryV2 is Pausable {
    enum Status { Pending, Active, Consensus, Completed, Disputed, Cancelled, Expired }
    enum ConsensusType { Majority, SuperMajority, Unanimous }

    struct Task {
        uint256 id;
        address requester;
        bytes32 modelHash;
        bytes32 inputHash;
        string modelRequirements;
        uint256 rewardPerNode;
        uint256 requiredNodes;
        uint256 claimedCount;
        uint256 submittedCount;
        uint256 deadline;
        Status status;
        ConsensusType consensusType;
        uint256 createdAt;
        bytes32 consensusResult;
    }
    struct NodeResult {
        address node;
        bytes32 resultHash;
        uint256 submittedAt;
        bool matchesConsensus;
        bool rewarded;
    }
    struct ConsensusInfo {
        bytes32 winningHash;
        uint256 winningCount;
        uint256 totalSubmissions;
        bool reached;
        uint256 calculatedAt;
    }

    event TaskCreated(uint256 indexed taskId, address indexed requester, bytes32 modelHash, uint256 rewardPerNode, uint256 requiredNodes, ConsensusType consensusType);
    event TaskClaimed(uint256 indexed taskId, address indexed node);
    event ResultSubmitted(uint256 indexed taskId, address indexed node, bytes32 resultHash);
    event ConsensusReached(uint256 indexed taskId, bytes32 consensusHash, uint256 agreeingNodes, uint256 totalNodes);
    event ConsensusDisputed(uint256 indexed taskId, uint256 uniqueResults, uint256 highestCount);
    event RewardDistributed(uint256 indexed taskId, address indexed node, uint256 amount, bool matchedConsensus);
    event TaskCompleted(uint256 indexed taskId, uint256 totalRewards);
    event TaskFunded(uint256 indexed taskId, address indexed funder, uint256 fundingAmount, uint256 newRewardPerNode);

    uint256 public constant DISPUTE_WINDOW = 3600;
    address public tokenReward;
    uint256 public taskCount;
    uint256 public activeTaskCount;
    uint256 public minRewardPerNode = 0.001 ether;
    uint256 public majorityThreshold = 5001;
    uint256 public superMajorityThreshold = 6667;

    mapping(uint256 taskId => Task) public tasks;
    mapping(uint256 taskId => NodeResult[]) public taskResults;
    mapping(uint256 taskId => mapping(address node => bool)) public hasClaimedTask;
    mapping(uint256 taskId => mapping(address node => bool)) public hasSubmittedResult;
    mapping(uint256 taskId => ConsensusInfo) public consensusInfo;
    mapping(uint256 taskId => mapping(bytes32 resultHash => uint256)) public resultHashCounts;
    mapping(uint256 taskId => bytes32[]) public uniqueResultHashes;
    mapping(uint256 taskId => uint256) public disputeDeadline;

    constructor(address token) {
        tokenReward = token;
    }

    function submitTask(bytes32 modelHash, bytes32 inputHash, string calldata modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 deadline)
        external payable returns (uint256)
    {
        // As on the network: the contract itself becomes the requester.
        return this.submitTask{value: msg.value}(modelHash, inputHash, modelRequirements, rewardPerNode, requiredNodes, deadline, ConsensusType.Majority);
    }

    function submitTask(
        bytes32 modelHash,
        bytes32 inputHash,
        string calldata modelRequirements,
        uint256 rewardPerNode,
        uint256 requiredNodes,
        uint256 deadline,
        ConsensusType consensusType
    ) external payable whenNotPaused returns (uint256) {
        require(modelHash != bytes32(0), "Invalid model hash");
        require(requiredNodes >= 3, "Need at least 3 nodes for consensus");
        require(requiredNodes <= 100, "Too many nodes");
        require(deadline > block.timestamp, "Invalid deadline");
        require(rewardPerNode >= minRewardPerNode, "Reward too low");
        require(msg.value >= rewardPerNode * requiredNodes, "Insufficient payment");
        Task storage task = tasks[++taskCount];
        task.id = taskCount;
        task.requester = msg.sender;
        task.modelHash = modelHash;
        task.inputHash = inputHash;
        task.modelRequirements = modelRequirements;
        task.rewardPerNode = rewardPerNode;
        task.requiredNodes = requiredNodes;
        task.deadline = deadline;
        task.consensusType = consensusType;
        task.createdAt = block.timestamp;
        activeTaskCount++;
        emit TaskCreated(task.id, msg.sender, modelHash, rewardPerNode, requiredNodes, consensusType);
        send(msg.sender, msg.value - rewardPerNode * requiredNodes);
        return task.id;
    }

    function fundTask(uint256 taskId) external payable whenNotPaused nonReentrant {
        Task storage task = known(taskId);
        require(open(task), "Task not fundable");
        require(msg.value > 0, "Must send ETH");
        require(block.timestamp < task.deadline, "Task expired");
        task.rewardPerNode = (task.rewardPerNode * task.requiredNodes + msg.value) / task.requiredNodes;
        emit TaskFunded(taskId, msg.sender, msg.value, task.rewardPerNode);
    }

    function claimTask(uint256 taskId) external whenNotPaused nonReentrant {
        Task storage task = known(taskId);
        require(open(task), "Task not available");
        require(block.timestamp < task.deadline, "Task expired");
        require(!hasClaimedTask[taskId][msg.sender], "Already claimed");
        require(task.claimedCount < task.requiredNodes * 2, "Max claims reached");
        hasClaimedTask[taskId][msg.sender] = true;
        task.claimedCount++;
        task.status = Status.Active;
        emit TaskClaimed(taskId, msg.sender);
    }

    function submitResult(uint256 taskId, bytes32 resultHash) external whenNotPaused nonReentrant {
        Task storage task = known(taskId);
        require(task.status == Status.Active, "Task not active");
        require(block.timestamp < task.deadline, "Task expired");
        require(hasClaimedTask[taskId][msg.sender], "Not claimed");
        require(!hasSubmittedResult[taskId][msg.sender], "Already submitted");
        require(resultHash != bytes32(0), "Invalid result hash");
        hasSubmittedResult[taskId][msg.sender] = true;
        taskResults[taskId].push(NodeResult(msg.sender, resultHash, block.timestamp, false, false));
        if (resultHashCounts[taskId][resultHash]++ == 0) uniqueResultHashes[taskId].push(resultHash);
        task.submittedCount++;
        emit ResultSubmitted(taskId, msg.sender, resultHash);
        if (task.submittedCount >= task.requiredNodes) judge(task);
    }

    function judge(Task storage task) private {
        bytes32[] storage hashes = uniqueResultHashes[task.id];
        bytes32 winner;
        uint256 most;
        for (uint256 i = 0; i < hashes.length; i++) {
            uint256 count = resultHashCounts[task.id][hashes[i]];
            if (count > most) (winner, most) = (hashes[i], count);
        }
        bool reached = (most * 10000) / task.submittedCount >= threshold(task.consensusType);
        consensusInfo[task.id] = ConsensusInfo(winner, most, task.submittedCount, reached, block.timestamp);
        if (reached) {
            task.status = Status.Consensus;
            emit ConsensusReached(task.id, winner, most, task.submittedCount);
            settle(task, winner);
        } else {
            task.status = Status.Disputed;
            disputeDeadline[task.id] = block.timestamp + DISPUTE_WINDOW;
            emit ConsensusDisputed(task.id, hashes.length, most);
        }
    }

    function settle(Task storage task, bytes32 winner) private {
        task.status = Status.Completed;
        task.consensusResult = winner;
        activeTaskCount--;
        NodeResult[] storage results = taskResults[task.id];
        uint256 paid;
        uint256 total;
        for (uint256 i = 0; i < results.length && paid < task.requiredNodes; i++) {
            if (results[i].resultHash != winner) continue;
            results[i].matchesConsensus = true;
            results[i].rewarded = true;
            paid++;
            (bool taken, ) = results[i].node.call{value: task.rewardPerNode}("");
            if (!taken) continue;
            total += task.rewardPerNode;
            emit RewardDistributed(task.id, results[i].node, task.rewardPerNode, true);
        }
        send(task.requester, task.rewardPerNode * task.requiredNodes - total);
        emit TaskCompleted(task.id, total);
    }

    function resolveDispute(uint256 taskId, bytes32 winningHash) external onlyOwner nonReentrant {
        Task storage task = known(taskId);
        require(task.status == Status.Disputed, "Not disputed");
        settle(task, winningHash);
    }

    function refundDisputedTask(uint256 taskId) external onlyOwner nonReentrant {
        Task storage task = known(taskId);
        require(task.status == Status.Disputed, "Not disputed");
        require(block.timestamp > disputeDeadline[taskId], "Dispute window not over");
        task.status = Status.Cancelled;
        activeTaskCount--;
        send(task.requester, task.rewardPerNode * task.requiredNodes);
    }

    function getConsensusStatus(uint256 taskId)
        external view returns (bytes32 winningHash, uint256 winningCount, uint256 totalSubmissions, bool reached, uint256 uniqueResults)
    {
        ConsensusInfo storage info = consensusInfo[taskId];
        return (info.winningHash, info.winningCount, info.totalSubmissions, info.reached, uniqueResultHashes[taskId].length);
    }

    function didNodeMatchConsensus(uint256 taskId, address node) external view returns (bool) {
        NodeResult[] storage results = taskResults[taskId];
        for (uint256 i = 0; i < results.length; i++) if (results[i].node == node) return results[i].matchesConsensus;
        return false;
    }

    function getTaskResults(uint256 taskId) external view returns (NodeResult[] memory) {
        return taskResults[taskId];
    }

    function setMinRewardPerNode(uint256 _minReward) external onlyOwner {
        minRewardPerNode = _minReward;
    }

    function setMajorityThreshold(uint256 _threshold) external onlyOwner {
        majorityThreshold = _threshold;
    }

    function setSuperMajorityThreshold(uint256 _threshold) external onlyOwner {
        superMajorityThreshold = _threshold;
    }

    function threshold(ConsensusType kind) private view returns (uint256) {
        if (kind == ConsensusType.Majority) return majorityThreshold;
        return kind == ConsensusType.SuperMajority ? superMajorityThreshold : 10000;
    }

    function known(uint256 taskId) private view returns (Task storage task) {
        task = tasks[taskId];
        require(task.id != 0, "Task not found");
    }

    function open(Task storage task) private view returns (bool) {
        return task.status == Status.Pending || task.status == Status.Active;
    }

    function send(address to, uint256 amount) private {
        if (amount == 0) return;
        (bool taken, ) = to.call{value: amount}("");
        taken;
    }

    receive() external payable {}
}
