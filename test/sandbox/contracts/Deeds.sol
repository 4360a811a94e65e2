// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What a sender of transactions has to cope with: deeds that count how often they were done, and every way to refuse.
contract Deeds {
    error TooLate(uint256 deadline, string why);

    event Done(bytes32 indexed deed, address indexed by, uint256 times);

    mapping(bytes32 => uint256) public times;
    bool public closed;

    function perform(bytes32 deed) external payable {
        require(!closed, "Max claims reached");
        times[deed] += 1;
        emit Done(deed, msg.sender, times[deed]);
    }

    function close(bool now_) external {
        closed = now_;
    }

    function tooLate() external pure {
        revert TooLate(7, "over");
    }

    function panic(uint256 by) external pure returns (uint256) {
        return 1 / by;
    }

    function hostile() external pure {
        revert("\x1b[2Jgone");
    }

    function silent() external pure {
        assembly {
            revert(0, 0)
        }
    }
}
