// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Providers of the sandbox. Nothing is staked here: FUNC is the zero address and a provider is active until it is paused.
contract ProviderRegistry {
    struct Provider {
        address owner;
        bytes id;
        uint256 modelId;
        uint256 registeredAt;
        string metadata;
        bool paused;
    }

    event Read(uint256 providers);

    address public constant FUNC = address(0);
    uint256 private constant MAX_ID = 64;
    uint256 private constant MAX_METADATA = 1024;

    bytes[] private ids;
    mapping(bytes id => Provider) private providers;
    mapping(bytes id => bool) private benched;
    mapping(address owner => bytes[]) private idsByOwner;

    modifier onlyOwner(bytes calldata id) {
        require(providers[id].owner == msg.sender, "not the owner");
        _;
    }

    function register(bytes calldata id, uint256 modelId, string calldata metadata) external {
        require(id.length > 0 && id.length <= MAX_ID, "bad id");
        require(bytes(metadata).length <= MAX_METADATA, "metadata too long");
        require(providers[id].owner == address(0), "already registered");
        providers[id] = Provider(msg.sender, id, modelId, block.timestamp, metadata, false);
        ids.push(id);
        idsByOwner[msg.sender].push(id);
    }

    function updateMetadata(bytes calldata id, string calldata metadata) external onlyOwner(id) {
        require(bytes(metadata).length <= MAX_METADATA, "metadata too long");
        providers[id].metadata = metadata;
    }

    function pause(bytes calldata id) external onlyOwner(id) {
        providers[id].paused = true;
    }

    function unpause(bytes calldata id) external onlyOwner(id) {
        providers[id].paused = false;
    }

    /// Stands for the network's epochs, which take a provider without stake out of the active set.
    function setActive(bytes calldata id, bool isActive) external {
        benched[id] = !isActive;
    }

    function active(bytes memory id) public view returns (bool) {
        Provider storage provider = providers[id];
        return provider.owner != address(0) && !provider.paused && !benched[id];
    }

    function getProvider(bytes calldata id) external view returns (Provider memory) {
        require(providers[id].owner != address(0), "unknown provider");
        return providers[id];
    }

    function getProviderIdsByOwner(address owner) external view returns (bytes[] memory) {
        return idsByOwner[owner];
    }

    /// Nonpayable, as on the network, and it writes: only eth_call reads it for nothing.
    function getActiveProvidersLive() external returns (Provider[] memory list) {
        uint256 count;
        for (uint256 i = 0; i < ids.length; i++) if (active(ids[i])) count++;
        list = new Provider[](count);
        uint256 next;
        for (uint256 i = 0; i < ids.length; i++) if (active(ids[i])) list[next++] = providers[ids[i]];
        emit Read(count);
    }
}
