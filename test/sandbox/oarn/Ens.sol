// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Names as ENS has them: a registry that says who resolves a name, and a resolver with addresses and texts. Anyone may write.
contract EnsRegistry {
    mapping(bytes32 node => address) public resolver;

    function setResolver(bytes32 node, address to) external {
        resolver[node] = to;
    }
}

contract EnsResolver {
    mapping(bytes32 node => address) public addr;
    mapping(bytes32 node => mapping(string key => string)) public text;

    function setAddr(bytes32 node, address to) external {
        addr[node] = to;
    }

    function setText(bytes32 node, string calldata key, string calldata value) external {
        text[node][key] = value;
    }
}

/// A registry that lies: it says that it has many tasks, and has none.
contract LyingRegistry {
    function taskCount() external pure returns (uint256) {
        return type(uint256).max;
    }

    function paused() external pure returns (bool) {
        return false;
    }

    function tasks(uint256) external pure
        returns (uint256, address, bytes32, bytes32, string memory, uint256, uint256, uint256, uint256, uint256, uint8, uint8, uint256, bytes32)
    {}
}

/// A node that will not be paid: it refuses ETH.
contract RefusingNode {
    function call(address to, bytes calldata data) external {
        (bool done, ) = to.call(data);
        require(done, "refused");
    }
}
