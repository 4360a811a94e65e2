// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Gateways of the sandbox; anyone may register and pause any of them.
contract GatewayRegistry {
    struct Gateway {
        address owner;
        bytes id;
        uint256 registeredAt;
        string metadata;
        bool paused;
    }

    event Read(uint256 gateways);

    Gateway[] private gateways;

    function register(bytes calldata id, string calldata metadata) external {
        gateways.push(Gateway(msg.sender, id, block.timestamp, metadata, false));
    }

    function setPaused(bytes calldata id, bool paused) external {
        for (uint256 i = 0; i < gateways.length; i++) {
            if (keccak256(gateways[i].id) == keccak256(id)) gateways[i].paused = paused;
        }
    }

    /// Nonpayable, as on the network, and it writes: only eth_call reads it for nothing.
    /// Paused gateways are in the list: whoever reads it has to look at the flag.
    function getActiveGatewaysLive() external returns (Gateway[] memory) {
        emit Read(gateways.length);
        return gateways;
    }
}
