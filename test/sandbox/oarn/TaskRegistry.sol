// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Pausable} from "Base.sol";

/// The first registry: whoever submits is paid. Follows the documented rules of the network's contract.
contract TaskRegistry is Pausable {
    enum Status { Pending, Active, Completed, Cancelled, Expired }
    enum Mode { Standard, ValidatorRouted }

    struct Task {
        uint256 id;
        address requester;
        bytes32 modelHash;
        bytes32 inputHash;
        string modelRequirements;
        uint256 rewardPerNode;
        uint256 requiredNodes;
        uint256 completedNodes;
        uint256 deadline;
        Status status;
        Mode mode;
        uint256 createdAt;
    }
    struct TaskResult {
        address node;
        bytes32 resultHash;
        uint256 submittedAt;
        bool verified;
        bool rewarded;
    }

    event TaskCreated(uint256 indexed taskId, address indexed requester, bytes32 modelHash, uint256 rewardPerNode, uint256 requiredNodes, Mode mode);
    event TaskClaimed(uint256 indexed taskId, address indexed node);
    event ResultSubmitted(uint256 indexed taskId, address indexed node, bytes32 resultHash);
    event TaskCompleted(uint256 indexed taskId, uint256 totalRewards);
    event TaskCancelled(uint256 indexed taskId, uint256 refundAmount);
    event TaskExpired(uint256 indexed taskId);
    event RewardDistributed(uint256 indexed taskId, address indexed node, uint256 amount);

    address public tokenReward;
    uint256 public taskCount;
    uint256 public activeTaskCount;
    uint256 public minRewardPerNode = 1 ether;
    uint256 public validatorFeeRate = 500;

    mapping(uint256 taskId => Task) public tasks;
    mapping(uint256 taskId => TaskResult[]) public taskResults;
    mapping(uint256 taskId => mapping(address node => bool)) public hasClaimedTask;
    mapping(uint256 taskId => mapping(address node => bool)) public hasSubmittedResult;

    constructor(address token) {
        tokenReward = token;
    }

    function submitTask(bytes32 modelHash, bytes32 inputHash, string calldata modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 deadline)
        external payable returns (uint256)
    {
        return create(Task(0, msg.sender, modelHash, inputHash, modelRequirements, rewardPerNode, requiredNodes, 0, deadline, Status.Pending, Mode.Standard, block.timestamp), 0);
    }

    function submitTaskValidatorRouted(bytes32 modelHash, bytes32 inputHash, string calldata modelRequirements, uint256 rewardPerNode, uint256 requiredNodes, uint256 deadline)
        external payable returns (uint256)
    {
        uint256 fee = (rewardPerNode * requiredNodes * validatorFeeRate) / 10000;
        return create(Task(0, msg.sender, modelHash, inputHash, modelRequirements, rewardPerNode, requiredNodes, 0, deadline, Status.Pending, Mode.ValidatorRouted, block.timestamp), fee);
    }

    function create(Task memory task, uint256 fee) private whenNotPaused returns (uint256) {
        require(task.requiredNodes >= 1 && task.requiredNodes <= 100, "Invalid node count");
        require(task.modelHash != bytes32(0), "Invalid model hash");
        require(task.deadline > block.timestamp, "Invalid deadline");
        require(task.rewardPerNode >= minRewardPerNode, "Reward too low");
        uint256 cost = task.rewardPerNode * task.requiredNodes + fee;
        require(msg.value >= cost, "Insufficient payment");
        task.id = ++taskCount;
        tasks[task.id] = task;
        activeTaskCount++;
        emit TaskCreated(task.id, msg.sender, task.modelHash, task.rewardPerNode, task.requiredNodes, task.mode);
        send(msg.sender, msg.value - cost);
        return task.id;
    }

    function claimTask(uint256 taskId) external whenNotPaused nonReentrant {
        Task storage task = known(taskId);
        require(open(task), "Task not available");
        require(block.timestamp < task.deadline, "Task expired");
        require(!hasClaimedTask[taskId][msg.sender], "Already claimed");
        hasClaimedTask[taskId][msg.sender] = true;
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
        taskResults[taskId].push(TaskResult(msg.sender, resultHash, block.timestamp, false, false));
        task.completedNodes++;
        emit ResultSubmitted(taskId, msg.sender, resultHash);
        if (task.completedNodes < task.requiredNodes) return;
        task.status = Status.Completed;
        activeTaskCount--;
        TaskResult[] storage results = taskResults[taskId];
        for (uint256 i = 0; i < results.length; i++) {
            (results[i].verified, results[i].rewarded) = (true, true);
            send(results[i].node, task.rewardPerNode);
            emit RewardDistributed(taskId, results[i].node, task.rewardPerNode);
        }
        emit TaskCompleted(taskId, task.rewardPerNode * results.length);
    }

    function cancelTask(uint256 taskId) external nonReentrant {
        Task storage task = known(taskId);
        require(task.requester == msg.sender, "Not task owner");
        require(task.status == Status.Pending, "Cannot cancel active task");
        task.status = Status.Cancelled;
        activeTaskCount--;
        send(msg.sender, task.rewardPerNode * task.requiredNodes);
        emit TaskCancelled(taskId, task.rewardPerNode * task.requiredNodes);
    }

    function expireTask(uint256 taskId) external nonReentrant {
        Task storage task = known(taskId);
        require(block.timestamp >= task.deadline, "Not expired yet");
        require(open(task), "Already finalized");
        task.status = Status.Expired;
        activeTaskCount--;
        send(task.requester, task.rewardPerNode * (task.requiredNodes - task.completedNodes));
        emit TaskExpired(taskId);
    }

    function getTask(uint256 taskId) external view returns (Task memory) {
        return known(taskId);
    }

    function getAvailableTasks(uint256 offset, uint256 limit) external view returns (Task[] memory found) {
        found = new Task[](limit);
        uint256 seen;
        uint256 kept;
        for (uint256 id = 1; id <= taskCount && kept < limit; id++) {
            if (!open(tasks[id]) || block.timestamp >= tasks[id].deadline) continue;
            if (seen++ >= offset) found[kept++] = tasks[id];
        }
        assembly {
            mstore(found, kept)
        }
    }

    function getTasksByRequester(address requester, uint256 offset, uint256 limit) external view returns (Task[] memory found) {
        found = new Task[](limit);
        uint256 seen;
        uint256 kept;
        for (uint256 id = 1; id <= taskCount && kept < limit; id++) {
            if (tasks[id].requester == requester && seen++ >= offset) found[kept++] = tasks[id];
        }
        assembly {
            mstore(found, kept)
        }
    }

    function getTaskResults(uint256 taskId) external view returns (TaskResult[] memory) {
        return taskResults[taskId];
    }

    function setTokenReward(address _tokenReward) external onlyOwner {
        tokenReward = _tokenReward;
    }

    function setValidatorFeeRate(uint256 _rate) external onlyOwner {
        require(_rate <= 2000, "Fee too high");
        validatorFeeRate = _rate;
    }

    function setMinRewardPerNode(uint256 _minReward) external onlyOwner {
        minRewardPerNode = _minReward;
    }

    function emergencyWithdraw(address to, uint256 amount) external onlyOwner {
        send(to, amount);
    }

    function known(uint256 taskId) private view returns (Task storage task) {
        task = tasks[taskId];
        require(task.id != 0, "Task not found");
    }

    function open(Task storage task) private view returns (bool) {
        return task.status == Status.Pending || task.status == Status.Active;
    }

    function send(address to, uint256 amount) private {
        (bool taken, ) = to.call{value: amount}("");
        require(taken, "Transfer failed");
    }
}
