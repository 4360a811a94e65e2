// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Base} from "Base.sol";

/// The network's token: minted by its minters, and burned in part by each transfer while that is on.
contract COMPToken is Base {
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error ERC20InvalidApprover(address approver);
    error ERC20InvalidReceiver(address receiver);
    error ERC20InvalidSender(address sender);
    error ERC20InvalidSpender(address spender);
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event MinterAdded(address indexed minter);
    event MinterRemoved(address indexed minter);
    event BurnRateUpdated(uint256 newRate);
    event TokensBurned(address indexed from, uint256 amount);

    string public constant name = "OARN Compute Token";
    string public constant symbol = "COMP";
    uint8 public constant decimals = 18;
    uint256 public constant YEAR_1_EMISSION = 100_000_000 ether;
    uint256 public constant EMISSION_DECREASE_RATE = 20;
    uint256 public immutable launchTime = block.timestamp;
    uint256 public totalSupply;
    uint256 public totalMinted;
    uint256 public burnRate = 200;
    bool public burnEnabled;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => bool) public minters;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        require(minters[msg.sender], "Not authorized to mint");
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        balanceOf[to] += amount;
        totalSupply += amount;
        totalMinted += amount;
        emit Transfer(address(0), to, amount);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        spend(from, value);
        move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        if (msg.sender == address(0)) revert ERC20InvalidApprover(msg.sender);
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function burn(uint256 value) external {
        destroy(msg.sender, value);
    }

    function burnFrom(address account, uint256 value) external {
        spend(account, value);
        destroy(account, value);
    }

    function move(address from, address to, uint256 value) private {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        uint256 burned = burnEnabled ? (value * burnRate) / 10000 : 0;
        if (burned > 0) {
            destroy(from, burned);
            emit TokensBurned(from, burned);
        }
        take(from, value - burned);
        balanceOf[to] += value - burned;
        emit Transfer(from, to, value - burned);
    }

    function destroy(address from, uint256 value) private {
        take(from, value);
        totalSupply -= value;
        emit Transfer(from, address(0), value);
    }

    function take(address from, uint256 value) private {
        if (balanceOf[from] < value) revert ERC20InsufficientBalance(from, balanceOf[from], value);
        balanceOf[from] -= value;
    }

    function spend(address from, uint256 value) private {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) revert ERC20InsufficientAllowance(msg.sender, allowed, value);
        allowance[from][msg.sender] = allowed - value;
    }

    function getYearlyEmissionCap() external view returns (uint256 cap) {
        cap = YEAR_1_EMISSION;
        for (uint256 year = (block.timestamp - launchTime) / 365 days; year > 0; year--) cap = (cap * (100 - EMISSION_DECREASE_RATE)) / 100;
    }

    function getCurrentYearStart() external view returns (uint256) {
        return launchTime + ((block.timestamp - launchTime) / 365 days) * 365 days;
    }

    function addMinter(address minter) external onlyOwner {
        minters[minter] = true;
        emit MinterAdded(minter);
    }

    function removeMinter(address minter) external onlyOwner {
        minters[minter] = false;
        emit MinterRemoved(minter);
    }

    function setBurnRate(uint256 _rate) external onlyOwner {
        require(_rate <= 1000, "Rate too high");
        burnRate = _rate;
        emit BurnRateUpdated(_rate);
    }

    function enableBurn(bool _enabled) external onlyOwner {
        burnEnabled = _enabled;
    }
}
