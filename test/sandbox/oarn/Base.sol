// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What OARN's contracts share: one owner, a pause, no re-entry. Errors are named as on the network.
abstract contract Base {
    error OwnableUnauthorizedAccount(address account);
    error OwnableInvalidOwner(address owner);
    error ReentrancyGuardReentrantCall();

    address public owner = msg.sender;
    bool private entered;

    modifier onlyOwner() {
        if (msg.sender != owner) revert OwnableUnauthorizedAccount(msg.sender);
        _;
    }

    modifier nonReentrant() {
        if (entered) revert ReentrancyGuardReentrantCall();
        entered = true;
        _;
        entered = false;
    }

    function transferOwnership(address to) external onlyOwner {
        if (to == address(0)) revert OwnableInvalidOwner(to);
        owner = to;
    }
}

abstract contract Pausable is Base {
    error EnforcedPause();
    error ExpectedPause();
    event Paused(address account);
    event Unpaused(address account);

    bool public paused;

    modifier whenNotPaused() {
        if (paused) revert EnforcedPause();
        _;
    }

    function pause() external onlyOwner {
        if (paused) revert EnforcedPause();
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyOwner {
        if (!paused) revert ExpectedPause();
        paused = false;
        emit Unpaused(msg.sender);
    }
}
