// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Func} from "Func.sol";
import {ProviderStaking} from "ProviderStaking.sol";

/// Providers of the sandbox. Until it is told of a staking contract nothing is staked: FUNC is the zero address then, and a
/// provider is active until it is paused.
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

    event Paused(bytes id, bool paused);

    Func public FUNC;
    ProviderStaking private staking;
    /// Who takes the tokens of registerAndStake.
    bool private stakingTakes;
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

    function useStaking(Func func, ProviderStaking staking_, bool stakingTakes_) external {
        FUNC = func;
        staking = staking_;
        stakingTakes = stakingTakes_;
    }

    function register(bytes calldata id, uint256 modelId, string calldata metadata) public {
        require(id.length > 0 && id.length <= MAX_ID, "bad id");
        require(bytes(metadata).length <= MAX_METADATA, "metadata too long");
        require(providers[id].owner == address(0), "already registered");
        providers[id] = Provider(msg.sender, id, modelId, block.timestamp, metadata, false);
        ids.push(id);
        idsByOwner[msg.sender].push(id);
    }

    function registerAndStake(bytes calldata id, uint256 modelId, string calldata metadata) external {
        register(id, modelId, metadata);
        if (stakingTakes) return staking.stakeOf(msg.sender, id);
        FUNC.transferFrom(msg.sender, address(staking), staking.price());
        staking.brought(id);
    }

    function ownerOf(bytes calldata id) external view returns (address) {
        return providers[id].owner;
    }

    /// As on the network: the ids, and what went wrong with each.
    function claimRewardsCluster(uint256 fromEpoch, uint256 toEpoch)
        external
        returns (bytes[] memory claimed, bytes[] memory failed)
    {
        claimed = idsByOwner[msg.sender];
        failed = new bytes[](claimed.length);
        uint256 sum;
        for (uint256 i = 0; i < claimed.length; i++)
            sum += staking.claimOf(msg.sender, claimed[i], fromEpoch, toEpoch);
        require(sum > 0, "nothing to claim");
    }

    function updateMetadata(bytes calldata id, string calldata metadata) external onlyOwner(id) {
        require(bytes(metadata).length <= MAX_METADATA, "metadata too long");
        providers[id].metadata = metadata;
    }

    function pause(bytes calldata id) external onlyOwner(id) {
        require(!providers[id].paused, "already paused");
        providers[id].paused = true;
        emit Paused(id, true);
    }

    function unpause(bytes calldata id) external onlyOwner(id) {
        require(providers[id].paused, "not paused");
        providers[id].paused = false;
        emit Paused(id, false);
    }

    /// Stands for the network's epochs, which take a provider without stake out of the active set.
    function setActive(bytes calldata id, bool isActive) external {
        benched[id] = !isActive;
    }

    function active(bytes memory id) public view returns (bool) {
        Provider storage provider = providers[id];
        if (address(staking) != address(0) && staking.staked(id) == 0) return false;
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
