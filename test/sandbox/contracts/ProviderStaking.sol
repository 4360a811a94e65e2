// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Func} from "Func.sol";
import {ProviderRegistry} from "ProviderRegistry.sol";

/// Stakes of one model's providers. What it takes, and rewards of epochs, are set by the test.
contract ProviderStaking {
    uint256 public price = 1000 ether;

    Func private immutable func;
    ProviderRegistry private immutable registry;
    mapping(bytes id => uint256) public staked;
    mapping(bytes id => mapping(uint256 epoch => uint256)) private rewards;
    bool public locked;
    /// Whether who has staked may stake more.
    bool private topUps;

    event Staked(bytes id, uint256 amount);
    event Unstaked(bytes id, uint256 amount);

    constructor(Func func_, ProviderRegistry registry_) {
        func = func_;
        registry = registry_;
    }

    modifier onlyOwner(bytes calldata id) {
        require(registry.ownerOf(id) == msg.sender, "not the owner");
        _;
    }

    modifier onlyRegistry() {
        require(msg.sender == address(registry), "not the registry");
        _;
    }

    function stakeForProvider(bytes calldata id) external onlyOwner(id) {
        func.transferFrom(msg.sender, address(this), price);
        book(id);
    }

    /// Of registerAndStake, where this contract takes the tokens.
    function stakeOf(address owner, bytes calldata id) external onlyRegistry {
        func.transferFrom(owner, address(this), price);
        book(id);
    }

    /// Of registerAndStake, where the registry has brought them.
    function brought(bytes calldata id) external onlyRegistry {
        book(id);
    }

    function book(bytes calldata id) private {
        require(topUps || staked[id] == 0, "already staked");
        staked[id] += price;
        emit Staked(id, price);
    }

    function unstakeProvider(bytes calldata id) external onlyOwner(id) {
        uint256 amount = staked[id];
        require(amount > 0, "nothing is staked");
        require(!locked, "stake is locked");
        staked[id] = 0;
        func.transfer(msg.sender, amount);
        emit Unstaked(id, amount);
    }

    function setLocked(bool locked_) external {
        locked = locked_;
    }

    function setTerms(uint256 price_, bool topUps_) external {
        price = price_;
        topUps = topUps_;
    }

    function setReward(bytes calldata id, uint256 epoch, uint256 amount) external {
        rewards[id][epoch] = amount;
        func.mint(address(this), amount);
    }

    function claimRewards(bytes calldata id, uint256 fromEpoch, uint256 toEpoch) external onlyOwner(id) {
        require(pay(msg.sender, id, fromEpoch, toEpoch) > 0, "nothing to claim");
    }

    function claimOf(address owner, bytes calldata id, uint256 fromEpoch, uint256 toEpoch)
        external
        onlyRegistry
        returns (uint256)
    {
        return pay(owner, id, fromEpoch, toEpoch);
    }

    function pay(address owner, bytes calldata id, uint256 fromEpoch, uint256 toEpoch) private returns (uint256 sum) {
        for (uint256 epoch = fromEpoch; epoch <= toEpoch; epoch++) {
            sum += rewards[id][epoch];
            rewards[id][epoch] = 0;
        }
        if (sum > 0) func.transfer(owner, sum);
    }
}
