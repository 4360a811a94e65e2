// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Where the network's other contracts are. Those that the sandbox has no use for are the zero address.
contract Router {
    address public gatewayRegistry;
    address public providerRegistry;
    address public epochController;
    mapping(uint256 modelId => address) public providerStaking;

    constructor(address gateways, address providers) {
        gatewayRegistry = gateways;
        providerRegistry = providers;
    }

    function setProviderStaking(uint256 modelId, address staking) external {
        providerStaking[modelId] = staking;
    }
}
