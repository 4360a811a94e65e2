// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Base} from "Base.sol";

/// Where OARN's contracts and providers are, as its first version was: without the second task registry.
contract OARNRegistryFirst is Base {
    struct RPCProvider {
        string endpoint;
        string onionEndpoint;
        address owner;
        uint256 stake;
        uint256 registeredAt;
        uint256 lastHeartbeat;
        uint256 uptime;
        uint256 reportCount;
        bool isActive;
    }
    struct BootstrapNode {
        string peerId;
        string multiaddr;
        string onionAddress;
        string i2pAddress;
        address owner;
        uint256 stake;
        uint256 registeredAt;
        uint256 lastHeartbeat;
        bool isActive;
    }

    event RPCProviderRegistered(uint256 indexed id, address indexed owner, string endpoint);
    event RPCProviderUpdated(uint256 indexed id, string endpoint, string onionEndpoint);
    event RPCProviderDeactivated(uint256 indexed id, address indexed owner);
    event RPCProviderSlashed(uint256 indexed id, uint256 amount, string reason);
    event BootstrapNodeRegistered(uint256 indexed id, address indexed owner, string peerId);
    event BootstrapNodeUpdated(uint256 indexed id, string peerId, string multiaddr);
    event BootstrapNodeDeactivated(uint256 indexed id, address indexed owner);
    event BootstrapNodeSlashed(uint256 indexed id, uint256 amount, string reason);
    event UnstakeInitiated(address indexed owner, uint256 amount, uint256 availableAt);
    event UnstakeCompleted(address indexed owner, uint256 amount);
    event Heartbeat(address indexed provider, uint256 timestamp);

    uint256 public constant RPC_MIN_STAKE = 5000 ether;
    uint256 public constant BOOTSTRAP_MIN_STAKE = 1000 ether;
    uint256 public constant UNSTAKE_COOLDOWN = 7 days;

    address public immutable taskRegistry;
    address public immutable tokenReward;
    address public immutable validatorRegistry;
    address public immutable governance;
    address public immutable govToken;
    uint256 public rpcProviderCount;
    uint256 public bootstrapNodeCount;
    uint256 public activeRpcCount;
    uint256 public activeBootstrapCount;
    mapping(uint256 id => RPCProvider) public rpcProviders;
    mapping(uint256 id => BootstrapNode) public bootstrapNodes;
    mapping(address owner => uint256) public rpcProviderIds;
    mapping(address owner => uint256) public bootstrapNodeIds;
    mapping(address owner => uint256) public pendingUnstakeTime;
    mapping(address owner => uint256) public pendingUnstakeAmount;

    constructor(address tasks, address token) {
        taskRegistry = tasks;
        tokenReward = token;
        validatorRegistry = msg.sender;
        governance = msg.sender;
        govToken = token;
    }

    function getCoreContracts()
        external view returns (address _taskRegistry, address _tokenReward, address _validatorRegistry, address _governance, address _govToken)
    {
        return (taskRegistry, tokenReward, validatorRegistry, governance, govToken);
    }

    function registerRPCProvider(string calldata endpoint, string calldata onionEndpoint) external payable nonReentrant {
        require(msg.value >= RPC_MIN_STAKE, "Insufficient stake");
        addRpc(endpoint, onionEndpoint, msg.sender, msg.value);
    }

    function addRpc(string calldata endpoint, string calldata onionEndpoint, address provider, uint256 stake) internal {
        require(bytes(endpoint).length > 0, "Empty endpoint");
        require(rpcProviderIds[provider] == 0, "Already registered");
        uint256 id = ++rpcProviderCount;
        rpcProviderIds[provider] = id;
        rpcProviders[id] = RPCProvider(endpoint, onionEndpoint, provider, stake, block.timestamp, block.timestamp, 10000, 0, true);
        activeRpcCount++;
        emit RPCProviderRegistered(id, provider, endpoint);
    }

    function updateRPCProvider(string calldata endpoint, string calldata onionEndpoint) external {
        uint256 id = rpcProviderIds[msg.sender];
        require(id != 0, "Not registered");
        require(rpcProviders[id].isActive, "Provider inactive");
        (rpcProviders[id].endpoint, rpcProviders[id].onionEndpoint) = (endpoint, onionEndpoint);
        emit RPCProviderUpdated(id, endpoint, onionEndpoint);
    }

    function registerBootstrapNode(string calldata peerId, string calldata multiaddr, string calldata onionAddress, string calldata i2pAddress)
        external payable nonReentrant
    {
        require(msg.value >= BOOTSTRAP_MIN_STAKE, "Insufficient stake");
        addBootstrap(BootstrapNode(peerId, multiaddr, onionAddress, i2pAddress, msg.sender, msg.value, block.timestamp, block.timestamp, true));
    }

    function addBootstrap(BootstrapNode memory node) internal {
        require(bytes(node.peerId).length > 0, "Empty peer ID");
        require(bootstrapNodeIds[node.owner] == 0, "Already registered");
        uint256 id = ++bootstrapNodeCount;
        bootstrapNodeIds[node.owner] = id;
        bootstrapNodes[id] = node;
        activeBootstrapCount++;
        emit BootstrapNodeRegistered(id, node.owner, node.peerId);
    }

    function updateBootstrapNode(string calldata peerId, string calldata multiaddr, string calldata onionAddress, string calldata i2pAddress) external {
        uint256 id = bootstrapNodeIds[msg.sender];
        require(id != 0, "Not registered");
        BootstrapNode storage node = bootstrapNodes[id];
        require(node.isActive, "Node inactive");
        (node.peerId, node.multiaddr, node.onionAddress, node.i2pAddress) = (peerId, multiaddr, onionAddress, i2pAddress);
        emit BootstrapNodeUpdated(id, peerId, multiaddr);
    }

    function heartbeat() external {
        uint256 rpc = rpcProviderIds[msg.sender];
        uint256 node = bootstrapNodeIds[msg.sender];
        require(rpc != 0 || node != 0, "Not registered");
        if (rpc != 0) rpcProviders[rpc].lastHeartbeat = block.timestamp;
        if (node != 0) bootstrapNodes[node].lastHeartbeat = block.timestamp;
        emit Heartbeat(msg.sender, block.timestamp);
    }

    function initiateUnstake() external {
        uint256 amount;
        uint256 rpc = rpcProviderIds[msg.sender];
        uint256 node = bootstrapNodeIds[msg.sender];
        if (rpc != 0 && rpcProviders[rpc].isActive) {
            (amount, rpcProviders[rpc].isActive) = (amount + rpcProviders[rpc].stake, false);
            activeRpcCount--;
            emit RPCProviderDeactivated(rpc, msg.sender);
        }
        if (node != 0 && bootstrapNodes[node].isActive) {
            (amount, bootstrapNodes[node].isActive) = (amount + bootstrapNodes[node].stake, false);
            activeBootstrapCount--;
            emit BootstrapNodeDeactivated(node, msg.sender);
        }
        require(amount > 0, "No active stake");
        pendingUnstakeAmount[msg.sender] = amount;
        pendingUnstakeTime[msg.sender] = block.timestamp + UNSTAKE_COOLDOWN;
        emit UnstakeInitiated(msg.sender, amount, pendingUnstakeTime[msg.sender]);
    }

    function completeUnstake() external nonReentrant {
        uint256 amount = pendingUnstakeAmount[msg.sender];
        require(amount > 0, "No pending unstake");
        require(block.timestamp >= pendingUnstakeTime[msg.sender], "Cooldown not complete");
        pendingUnstakeAmount[msg.sender] = 0;
        (bool taken, ) = msg.sender.call{value: amount}("");
        require(taken, "Transfer failed");
        emit UnstakeCompleted(msg.sender, amount);
    }

    /// As on the network, the counter is lowered for an entry that is no longer active, too.
    function slashRPCProvider(uint256 id, uint256 amount, string calldata reason) external onlyOwner {
        rpcProviders[id].stake -= amount;
        rpcProviders[id].isActive = false;
        activeRpcCount--;
        emit RPCProviderSlashed(id, amount, reason);
    }

    function slashBootstrapNode(uint256 id, uint256 amount, string calldata reason) external onlyOwner {
        bootstrapNodes[id].stake -= amount;
        bootstrapNodes[id].isActive = false;
        activeBootstrapCount--;
        emit BootstrapNodeSlashed(id, amount, reason);
    }

    function getActiveRPCProviders() public view returns (RPCProvider[] memory found) {
        found = new RPCProvider[](activeRpcCount);
        uint256 kept;
        for (uint256 id = 1; id <= rpcProviderCount; id++) if (rpcProviders[id].isActive) found[kept++] = rpcProviders[id];
    }

    function getActiveBootstrapNodes() public view returns (BootstrapNode[] memory found) {
        found = new BootstrapNode[](activeBootstrapCount);
        uint256 kept;
        for (uint256 id = 1; id <= bootstrapNodeCount; id++) if (bootstrapNodes[id].isActive) found[kept++] = bootstrapNodes[id];
    }

    function getRandomRPCProviders(uint256 count) external view returns (RPCProvider[] memory found) {
        require(count <= activeRpcCount, "Not enough providers");
        found = getActiveRPCProviders();
        assembly {
            mstore(found, count)
        }
    }

    function getRandomBootstrapNodes(uint256 count) external view returns (BootstrapNode[] memory found) {
        require(count <= activeBootstrapCount, "Not enough nodes");
        found = getActiveBootstrapNodes();
        assembly {
            mstore(found, count)
        }
    }

    function isActiveProvider(address addr) external view returns (bool isRpc, bool isBootstrap) {
        return (rpcProviders[rpcProviderIds[addr]].isActive, bootstrapNodes[bootstrapNodeIds[addr]].isActive);
    }
}

/// The later version, which names the second task registry and takes entries from its owner.
contract OARNRegistry is OARNRegistryFirst {
    event TaskRegistryV2Updated(address indexed oldAddress, address indexed newAddress);

    address public taskRegistryV2;

    constructor(address tasks, address token) OARNRegistryFirst(tasks, token) {}

    function setTaskRegistryV2(address _taskRegistryV2) external onlyOwner {
        emit TaskRegistryV2Updated(taskRegistryV2, _taskRegistryV2);
        taskRegistryV2 = _taskRegistryV2;
    }

    function getCoreContractsV2()
        external view
        returns (address _taskRegistry, address _taskRegistryV2, address _tokenReward, address _validatorRegistry, address _governance, address _govToken)
    {
        return (taskRegistry, taskRegistryV2, tokenReward, validatorRegistry, governance, govToken);
    }

    function addRPCProviderAdmin(string calldata endpoint, string calldata onionEndpoint, address providerOwner) external onlyOwner {
        addRpc(endpoint, onionEndpoint, providerOwner, 0);
    }

    function addBootstrapNodeAdmin(string calldata peerId, string calldata multiaddr, string calldata onionAddress, string calldata i2pAddress, address nodeOwner)
        external onlyOwner
    {
        addBootstrap(BootstrapNode(peerId, multiaddr, onionAddress, i2pAddress, nodeOwner, 0, block.timestamp, block.timestamp, true));
    }
}
